"""The YAML in docs/mappings.md, made whole where it shows a part of a file."""

import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "mappings.md"
_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_REQUIRED = {
    "version": "version: 1\n",
    "patient": "patient: {number: {form: id}, curp: {form: curp}, old-number: {form: oldid, prefix: [old]}}\n",
    "types": "types: {Headshot: {aliases: [cara]}, Xray: {aliases: [rayos x]}, Surgery: , Audiogram: }\n",
}
"""What a part of a file is shown without."""


def yaml_blocks() -> list[str]:
    """The blocks, in the order of the document."""
    return _BLOCK.findall(DOCUMENT.read_text("utf-8"))


def whole(block: str) -> str:
    """A block as a mapping file, with the required settings that it does not show."""
    missing = [text for name, text in _REQUIRED.items() if not re.search(rf"^{name}:", block, re.MULTILINE)]
    return block + "".join(missing)
