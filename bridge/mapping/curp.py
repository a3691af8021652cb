"""The CURP, Mexico's population registry code: its shape and its check digit."""

import re
from datetime import datetime

_SHAPE = re.compile(r"[A-Z]{4}([0-9]{6})[HMX][A-Z]{5}[A-Z0-9][0-9]")
_ALPHABET = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
"""A character's place in it is its value; Ñ counts there, though no CURP of this shape holds one."""


def read_curp(text: str) -> str | None:
    """The 18 characters in capitals, when the birth date in them exists in some century.

    The check digit is not looked at here: charts hold CURPs that were typed by hand, and the chart is asked anyway.
    """
    match = _SHAPE.fullmatch(text.upper()) if text.isascii() else None
    if match and any(_is_date(century + match[1]) for century in ("19", "20")):
        return match[0]
    return None


def has_right_check_digit(curp: str) -> bool:
    """Whether the last of 18 characters in capitals is the one that the population registry would give the others."""
    total = sum(_ALPHABET.index(character) * (18 - place) for place, character in enumerate(curp[:17]))
    return curp[17] == str(-total % 10)


def _is_date(yyyymmdd: str) -> bool:
    try:
        datetime.strptime(yyyymmdd, "%Y%m%d")
    except ValueError:
        return False
    return True
