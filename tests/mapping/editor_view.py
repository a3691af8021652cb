"""A YAML text as editors see it before they compare it with a JSON Schema: by YAML 1.2's core rules."""

import json
import re
from typing import Any

import jsonschema_rs
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from bridge.mapping import json_schema

_NULL = re.compile(r"(?:~|null|Null|NULL)?\Z")
_BOOLEAN = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_WHOLE = re.compile(r"[-+]?[0-9]+\Z")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")

VALIDATOR = jsonschema_rs.Draft202012Validator(json_schema())


def editor_accepts(text: str) -> bool:
    """Whether an editor has nothing to say about a mapping file."""
    return VALIDATOR.is_valid(editor_view(text))


def editor_view(text: str) -> Any:
    """The value that an editor compares with the schema."""
    return _value(YAML(typ="safe", pure=True).compose(text))


def _value(node: Node) -> Any:
    if isinstance(node, MappingNode):
        return {str(key.value): _value(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [_value(item) for item in node.value]
    return _scalar(str(node.value)) if node.style is None else str(node.value)


def _scalar(text: str) -> Any:
    if _NULL.match(text):
        return None
    if _BOOLEAN.match(text):
        return text.lower() == "true"
    if _WHOLE.match(text):
        return int(text)
    return json.loads(text) if _NUMBER.match(text) and text[-1] != "." and text[0] not in ".+" else text
