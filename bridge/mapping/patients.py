"""Patients in names: reading each form, and telling when two rules would read the same words."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from bridge.mapping.model import Key, PatientForm, PatientReference, PatientRule
from bridge.tags import fold, split_words

_NUMBER = re.compile(r"[0-9]{1,9}")
_CURP = re.compile(r"[A-Z]{4}([0-9]{6})[HMX][A-Z]{5}[A-Z0-9][0-9]")
_WRITTEN = re.compile(r"(?:(id|curp|oldid)\s+)?(\S+)", re.IGNORECASE)


@dataclass(frozen=True)
class Token:
    """A word ready to be read: its text without the full stop or comma a phone's keyboard adds, and folded."""

    text: str
    key: str


def tokens_of(words: Iterable[str]) -> list[Token]:
    """The words as tokens, in order; a word of punctuation alone has an empty key."""
    return [Token(text, fold(text)) for text in (word.rstrip(".,") for word in words)]


def key_of(text: str) -> Key:
    """An alias or a prefix, parted into words and folded, as the words of a name are."""
    return tuple(token.key for token in tokens_of(split_words(text)) if token.key)


def read_patient(rule: PatientRule, tokens: list[Token], start: int) -> tuple[PatientReference, int] | None:
    """The patient that `rule` reads from `tokens[start]` on, and where the reading ends; None when it reads none."""
    if not rule.prefixes:
        value = _value(rule.form, tokens[start].text)
        return (PatientReference(rule.form, value), start + 1) if value else None
    for prefix in rule.prefixes:
        for number, end in _after(prefix, tokens, start):
            if value := _value(rule.form, number):
                return PatientReference(rule.form, value), end
    return None


def written_reference(text: str) -> PatientReference | None:
    """The patient that an example expects: `123`, a CURP, `oldid 1001`; None when it is none of these."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        return None
    forms = [PatientForm(match[1].lower())] if match[1] else [PatientForm.ID, PatientForm.CURP]
    for form in forms:
        if value := _value(form, match[2]):
            return PatientReference(form, value)
    return None


def overlaps(rules: tuple[PatientRule, ...]) -> Iterator[tuple[PatientRule, PatientRule, str]]:
    """Pairs of rules that would read the same words, with what they would both read."""
    for first, second in combinations(rules, 2):
        shared = set(first.prefixes) & set(second.prefixes)
        if shared:
            yield first, second, f"a number after `{' '.join(min(shared))}`"
        elif not first.prefixes and not second.prefixes and _alphabet(first) == _alphabet(second):
            yield first, second, _alphabet(first)


def clashes(rule: PatientRule, alias: str) -> bool:
    """True when an alias is, or holds a word of, what `rule` reads as a patient."""
    tokens = tokens_of(split_words(alias))
    prefix_words = {word for prefix in rule.prefixes for word in prefix}
    return any(
        token.key in prefix_words or read_patient(rule, tokens, start) is not None
        for start, token in enumerate(tokens)
        if rule.prefixes or len(tokens) == 1
    )


def _alphabet(rule: PatientRule) -> str:
    return "a CURP" if rule.form is PatientForm.CURP else "a number alone"


def _after(prefix: Key, tokens: list[Token], start: int) -> Iterator[tuple[str, int]]:
    """What may be the number after a prefix: the next word, or the rest of the prefix's last word (`old1001`)."""
    end = start + len(prefix)
    keys = tuple(token.key for token in tokens[start:end])
    if keys == prefix and end < len(tokens):
        yield tokens[end].text, end + 1
    elif len(keys) == len(prefix) and keys[:-1] == prefix[:-1] and keys[-1].startswith(prefix[-1]):
        number = keys[-1].removeprefix(prefix[-1])
        if tokens[end - 1].text.endswith(number):
            yield number, end


def _value(form: PatientForm, text: str) -> str | None:
    return _curp(text) if form is PatientForm.CURP else _number(text)


def _number(text: str) -> str | None:
    """Digits without leading zeros. 0 is no patient: the chart takes it for "any" (contract/tscharts.md)."""
    return str(int(text)) if _NUMBER.fullmatch(text) and int(text) > 0 else None


def _curp(text: str) -> str | None:
    """The 18 characters in capitals, when the birth date in them exists in some century.

    The check digit is not looked at: charts hold CURPs that were typed by hand, and the chart is asked anyway.
    """
    match = _CURP.fullmatch(text.upper()) if text.isascii() else None
    if match and any(_is_date(century + match[1]) for century in ("19", "20")):
        return match[0]
    return None


def _is_date(yyyymmdd: str) -> bool:
    try:
        datetime.strptime(yyyymmdd, "%Y%m%d")
    except ValueError:
        return False
    return True
