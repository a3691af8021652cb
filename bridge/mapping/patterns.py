"""Patients' numbers by a regular expression of the mapping file, as RE2 reads it: in time that grows with the length of
the word alone, whatever the expression is. It knows no backreferences and no looking ahead or behind.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import re2

from bridge.tags import fold

MOST_WORDS = 8
"""So many words of a name, joined by `-`, may be one number."""

_MEMORY_BYTES = 1024 * 1024
_NOT_LETTERS = re.compile(r"\\[pP]\{[^}]*\}|\\[pP]?.|\[\^?\]?[^\]]*\]|\(\?P?<[^>]*>|\(\?[A-Za-z-]*:?|\{[^}]*\}")
_DIGIT = re.compile("[0-9]")
_LETTERS = re.compile(r"[^\W\d_]+")
_HALF_CHARACTER = re.compile(r"(?<!\\)(?:\\\\)*\\C")
_BACKREFERENCE = re.compile(r"invalid escape sequence: \\[1-9k]|invalid perl operator: \(\?P\Z")
_LOOKING_ROUND = re.compile(r"invalid perl operator: \(\?<?[=!]\Z|invalid perl operator: \(\?<\Z")


def fault_of(pattern: str) -> str:
    """What is wrong with an expression and how to mend it, as the end of a sentence; "" when it can be used."""
    if _HALF_CHARACTER.search(pattern):
        return "holds `\\C`, which stands for half a character; write `.` instead"
    try:
        expression = _compiled(pattern)
    except re2.error as error:
        return _refusal(error.args[0].decode("utf-8", "replace"))
    if expression.groups == 0:
        return "has no group; put parentheses round the part that is the number or CURP, as in `TJ-?([0-9]{3,6})`"
    if expression.groups > 1:
        return (
            f"has {expression.groups} groups, but one must be the number or CURP; begin the other parentheses with "
            "`(?:` instead of `(`"
        )
    if expression.fullmatch(""):
        return "matches where nothing is written; make a part of it necessary, with `+` instead of `*` for instance"
    return ""


def matched(pattern: str, words: list[str]) -> Iterator[tuple[str, int]]:
    """What the group of `pattern` holds when it matches the first words whole, joined by `-`, and how many these are;
    the most words first. Only words with a digit among them are tried: every number and CURP has one.
    """
    expression = _compiled(pattern)
    fewest = next((count for count, word in enumerate(words, start=1) if _DIGIT.search(word)), MOST_WORDS + 1)
    for count in range(min(len(words), MOST_WORDS), fewest - 1, -1):
        match = expression.fullmatch("-".join(words[:count]))
        if match and match[1]:
            yield match[1], count


@lru_cache(maxsize=256)
def literal_words(pattern: str) -> frozenset[str]:
    """The letters that an expression asks for as they are, folded: `tj` of `TJ-?([0-9]+)`."""
    plain = _NOT_LETTERS.sub(" ", pattern)
    return frozenset(fold(letters) for letters in _LETTERS.findall(plain))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES
    return re2.compile(unicodedata.normalize("NFC", pattern), options)


def _refusal(reason: str) -> str:
    """RE2's reason in an admin's words."""
    if _LOOKING_ROUND.match(reason):
        return "looks ahead or behind, which is not possible here; write out what comes before and after"
    if _BACKREFERENCE.match(reason):
        return "refers back to a group, which is not possible here; write that part out instead"
    if "repetition size" in reason or "too large" in reason:
        return "repeats too often, or from more to less; write smaller numbers in `{}`, the smaller one first"
    return f"is not a regular expression ({reason}); mend it there, or try a simpler one such as `TJ-?([0-9]{{3,6}})`"
