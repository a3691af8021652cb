"""Events as a table: a file that spreadsheets open as it is meant, and run nothing of (bridge/web/events_csv.py)."""

import csv
import io
import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.web.events_csv import harmless, table_pieces

ZONE = ZoneInfo("America/Tijuana")
EVENT = {
    "id": 2,
    "at": "2026-11-21T20:11:12.123456+00:00",
    "who": "maria",
    "token_mark": "0123abcd",
    "action": "deleted",
    "image_id": 7,
    "patient": 12,
    "photo_id": None,
    "reason": "",
}


def table(*events: dict[str, object], language: str = "en") -> bytes:
    lines = [json.dumps({**EVENT, **each}, ensure_ascii=False).encode() + b"\n" for each in events]
    return b"".join(table_pieces([b"".join(lines)], ZONE, language))


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_row_says_when_in_the_clinic_s_time_who_what_and_of_whom() -> None:
    content = table({})
    assert content.startswith(b"\xef\xbb\xbfTime (America/Tijuana),Time (UTC),Person,")
    assert content.endswith(b"\r\n")
    assert rows(content)[1] == [
        "2026-11-21 12:11:12",
        "2026-11-21T20:11:12.123+00:00",
        "maria",
        "deleted",
        "12",
        "7",
        "",
        "",
    ]


def test_a_table_is_in_the_language_of_who_asks() -> None:
    head, row = rows(table({}, language="es"))
    assert head[:3] == ["Hora (America/Tijuana)", "Hora (UTC)", "Persona"]
    assert row[3] == "borró"


@pytest.mark.parametrize("text", ["x;=1+cmd|' /C calc'!A0", "x\t@SUM(A1)", "a; =1", "a|+1", "\t=1"])
def test_a_formula_behind_what_parts_cells_elsewhere_is_text_too(text: str) -> None:
    (_, row) = rows(table({"reason": text}))
    for sign in ";\t|":
        assert not [part for part in row[7].split(sign) if part.lstrip()[:1] in "=+-@" and part.strip()]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\r=1", "\x00=1", " =1", "\ufeff=1", "＝1"])
def test_what_could_be_a_formula_is_text(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert rows(table({"reason": text, "who": text}))[1][7] == f"'{text}"


@pytest.mark.parametrize("text", ["", "maria", "3", "wrong patient = his brother", "José-María", "'quoted'"])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_nothing_is_a_formula_or_a_cell_of_its_own_whatever_people_write() -> None:
    assert rows(table({"reason": 'a,b"c\r\nd;e'}))[1][7] == 'a,b"c\r\nd;e'


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_text_comes_back_as_it_was(who: str, reason: str) -> None:
    _, row = rows(table({"who": who, "reason": reason}))
    assert row[7] == harmless(reason)
    assert row[7][:1] not in set("=+-@\t\r\n\x00")
    assert len(row) == 8
