"""Events as a table for Excel and others: CSV (RFC 4180), UTF-8 with a byte order mark. Knows no web framework."""

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from bridge.web.events import shown_event
from bridge.web.languages import _, speak

_BOM = "\ufeff"
_FORMULAS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
"""What makes a formula of a cell; Excel in some languages takes the wide signs, too."""

_PARTS = ";\t|"
"""What parts cells, too, where commas are decimal: behind each of these a formula may begin."""


def table_pieces(lines: Iterable[bytes], zone: ZoneInfo, language: str) -> Iterator[bytes]:
    """The table, piece by piece. `lines` are pieces of whole lines, an event as JSON in each; times are those of
    `zone`, words those of `language`.
    """
    speak(language)
    head = _written([_headings(zone)])
    yield (_BOM + head).encode()
    for piece in lines:
        speak(language)
        yield _written(_row(json.loads(line), zone) for line in piece.splitlines()).encode()


def harmless(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula: one that could be gets an apostrophe in front."""
    text = "" if cell is None else str(cell)
    for sign in _PARTS:
        text = sign.join(map(_no_formula, text.split(sign)))
    return text


def _no_formula(part: str) -> str:
    is_odd = part[:1] and unicodedata.category(part[0]) in {"Cc", "Cf"}
    return f"'{part}" if is_odd or part.lstrip()[:1] in _FORMULAS else part


def _headings(zone: ZoneInfo) -> list[str]:
    return [
        _("Time (%(zone)s)", zone=zone.key),
        _("Time (UTC)"),
        _("Person"),
        _("Action"),
        _("Patient"),
        _("Image"),
        _("Photo"),
        _("Reason"),
    ]


def _row(told: Mapping[str, Any], zone: ZoneInfo) -> list[object]:
    event = shown_event(told, zone)
    at = event.at.replace(tzinfo=None).isoformat(" ", "seconds")
    utc = event.at.astimezone(UTC).isoformat(timespec="milliseconds")
    return [at, utc, event.who, event.deed, event.patient, event.image, event.photo, event.reason]


def _written(rows: Iterable[list[Any]]) -> str:
    with io.StringIO(newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerows([harmless(cell) for cell in row] for row in rows)
        return file.getvalue()
