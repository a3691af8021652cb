"""Patients in names: reading each form, and telling when two rules would read the same words."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from bridge.mapping.curp import read_curp
from bridge.mapping.model import Key, PatientForm, PatientReference, PatientRule
from bridge.mapping.patterns import MOST_WORDS, literal_words, matched, may_begin
from bridge.tags import fold, split_words

_NUMBER = re.compile(r"[0-9]{1,9}")
_NOT_BARE = re.compile(r"[\W_]+")
_SHORTEST_LIKE = 3
_SHORTEST_END = 4
_MOST_JOINED = 4
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
    for number, end in _numbers(rule, tokens, start):
        if value := _value(rule.form, number):
            return PatientReference(rule.form, value), end
    return None


@lru_cache(maxsize=256)
def asks_for(rule: PatientRule) -> frozenset[str]:
    """The words, folded, that mean nothing without the number that `rule` reads: prefixes, a pattern's letters.

    A prefix of several words is among them as one word too.
    """
    ways = (way for prefix in rule.prefixes for way in ways_of_writing(prefix))
    return literal_words(rule.pattern).union(*ways)


def is_asked_for(rule: PatientRule, text: str) -> bool:
    """Whether a word is one that `asks_for` gives, whatever stands round its letters: `viejo:`, `(viejo)`."""
    return fold(text.rstrip(".,")) in asks_for(rule) or not _bare_words(rule).isdisjoint(_bare(text))


def much_like(rule: PatientRule, text: str) -> str:
    """The word that `asks_for` gives which another word begins or ends with, or misses by one letter; "" when there is
    none. Of short words less counts, as they are like too many others.
    """
    known = sorted(_bare_words(rule))
    return next((word for word in known for bare in _bare(text) if _is_like(bare, word)), "")


def is_spelt_by(rule: PatientRule, texts: Iterable[str]) -> bool:
    """Whether some words together spell a word that `asks_for` gives: `n` and `h`, where that is `nh`."""
    return "".join(_NOT_BARE.sub("", fold(text)) for text in texts) in _bare_words(rule)


def may_ask_for_number(rule: PatientRule, text: str) -> bool:
    """Whether the number after a word may be one of `rule` because its pattern can begin with such a word."""
    return bool(rule.pattern) and any(may_begin(rule.pattern, bare) for bare in _bare(text))


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
        elif first.pattern and first.pattern == second.pattern:
            yield first, second, f"what `{first.pattern}` matches"
        elif first.is_plain and second.is_plain and _alphabet(first) == _alphabet(second):
            yield first, second, _alphabet(first)


def clashes(rule: PatientRule, alias: str) -> bool:
    """True when an alias is what `rule` reads as a patient, or holds a word that belongs to one.

    What a pattern reads inside a longer alias is the alias's.
    """
    tokens = tokens_of(split_words(alias))
    if rule.is_plain and len(tokens) > 1:
        return False
    if rule.pattern and len(tokens) > 1:
        found = read_patient(rule, tokens, 0)
        return found is not None and found[1] == len(tokens)
    words = asks_for(rule)
    return any(token.key in words or read_patient(rule, tokens, start) for start, token in enumerate(tokens))


def _alphabet(rule: PatientRule) -> str:
    return "a CURP" if rule.form is PatientForm.CURP else "a number alone"


def _numbers(rule: PatientRule, tokens: list[Token], start: int) -> Iterator[tuple[str, int]]:
    """What may be a number or CURP by `rule` from `tokens[start]` on, and where it ends, the best first."""
    if rule.pattern:
        words = [token.text for token in tokens[start : start + MOST_WORDS]]
        yield from ((number, start + count) for number, count in matched(rule.pattern, words))
    elif rule.prefixes:
        for prefix in rule.prefixes:
            for way in ways_of_writing(prefix):
                yield from _after(way, tokens, start)
    else:
        yield tokens[start].text, start + 1


def _after(prefix: Key, tokens: list[Token], start: int) -> Iterator[tuple[str, int]]:
    """What may be the number after a prefix: the next word, or the rest of the prefix's last word (`old1001`)."""
    if not tokens[start].key.startswith(prefix[0]):
        return
    end = start + len(prefix)
    keys = tuple(token.key for token in tokens[start:end])
    if keys == prefix and end < len(tokens):
        yield tokens[end].text, end + 1
    elif len(keys) == len(prefix) and keys[:-1] == prefix[:-1] and keys[-1].startswith(prefix[-1]):
        number = keys[-1].removeprefix(prefix[-1])
        if tokens[end - 1].text.endswith(number):
            yield number, end


@lru_cache(maxsize=1024)
def ways_of_writing(prefix: Key) -> tuple[Key, ...]:
    """The ways of writing a prefix: `num viejo` also as `numviejo`."""
    if len(prefix) < 2:
        return (prefix,)
    if len(prefix) > _MOST_JOINED:
        return prefix, ("".join(prefix),)
    rests = ways_of_writing(prefix[1:])
    return *((prefix[0], *rest) for rest in rests), *((prefix[0] + rest[0], *rest[1:]) for rest in rests)


@lru_cache(maxsize=256)
def _bare_words(rule: PatientRule) -> frozenset[str]:
    return frozenset(_NOT_BARE.sub("", word) for word in asks_for(rule)) - {""}


@lru_cache(maxsize=4096)
def _bare(text: str) -> frozenset[str]:
    """The letters and digits of a word, all of them and those of each part."""
    parts = [part for part in _NOT_BARE.split(fold(text)) if part]
    return frozenset({"".join(parts), *parts} - {""})


def _is_like(text: str, word: str) -> bool:
    """Of two letters only those changed round, or one letter more: `tjs` and `jt` for `tj`."""
    if len(word) < _SHORTEST_LIKE:
        return len(word) > 1 and (text == word[::-1] or (len(text) > len(word) and _is_slip(text, word)))
    is_end = len(word) >= _SHORTEST_END and text.endswith(word)
    return is_end or text.startswith(word) or _is_slip(text, word)


def _is_slip(text: str, word: str) -> bool:
    """Whether a text is a word with one letter more, less or other, or with two that changed places."""
    if abs(len(text) - len(word)) > 1 or text == word:
        return text == word
    same = next((at for at, pair in enumerate(zip(text, word, strict=False)) if pair[0] != pair[1]), None)
    if same is None:
        return True
    text, word = text[same:], word[same:]
    changed = text[:2] == word[1::-1] and text[2:] == word[2:]
    return changed or text[1:] == word[1:] or text[1:] == word or text == word[1:]


def _value(form: PatientForm, text: str) -> str | None:
    return read_curp(text) if form is PatientForm.CURP else _number(text)


def _number(text: str) -> str | None:
    """Digits without leading zeros. 0 is no patient: the chart takes it for "any" (contract/tscharts.md)."""
    return str(int(text)) if _NUMBER.fullmatch(text) and int(text) > 0 else None
