"""YAML files that people write: read with every value's place, checked by a marshmallow schema, and, when they are not
YAML at all, with the line where somebody went wrong and what to write there.
"""

from bridge.yamlfile.document import Document, KeyPath, field_name
from bridge.yamlfile.hints import did_you_mean
from bridge.yamlfile.reading import (
    check_document,
    in_order,
    load_document,
    parse_yaml,
    read_bytes,
    read_leniently,
    read_yaml,
)

__all__ = [
    "Document",
    "KeyPath",
    "check_document",
    "did_you_mean",
    "field_name",
    "in_order",
    "load_document",
    "parse_yaml",
    "read_bytes",
    "read_leniently",
    "read_yaml",
]
