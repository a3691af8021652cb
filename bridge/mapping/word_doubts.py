"""Aliases that stand in each other's way, and words that no name can bring."""

from collections.abc import Iterator
from itertools import permutations

from bridge.mapping.findings import Findings
from bridge.mapping.model import Entry, Key, Kind, Mapping, PatientReference
from bridge.mapping.patients import read_patient, tokens_of
from bridge.mapping.reading import read_words
from bridge.mapping.written import WrittenWord, written_names, written_words
from bridge.tags import GUID_PATTERN, parse_name
from bridge.targets import ImageType
from bridge.yamlfile import KeyPath

_CODE = "AnyPracticeCode00"
_TAIL = "21-Nov-2026-10-11-12.jpg"
_NUMBERS = ("1001", "12", "123456", "1", "123", "12345", "1234567", "12345678", "123456789")
_TYPOGRAPHIC = "“”„‟«»‘’‚‛"


def doubt_words(mapping: Mapping, findings: Findings) -> None:
    """Note words that can never be read, and those that hide others or fight for a word with them."""
    places: dict[Key, WrittenWord] = {}
    for word in written_words(findings.document):
        if not _note_unreadable(word, mapping, findings):
            places.setdefault(word.key, word)
    for word in places.values():
        _note_hidden(word, mapping, findings)
    for word in (*places.values(), *written_names(findings.document)):
        _note_disputed(word, mapping, findings)
    for first, second in permutations(places.values(), 2):
        _note_chain(first, second, mapping, findings)


def _note_unreadable(word: WrittenWord, mapping: Mapping, findings: Findings) -> bool:
    if any(letter in _TYPOGRAPHIC for letter in (word.text[0], word.text[-1])):
        plain = word.text.strip(_TYPOGRAPHIC)
        message = f'has the curly quotes of a word processor, which nobody types on a phone; write "{plain}"'
        findings.error(word.path, f"`{word.text}` {message}")
        return True
    if word.key not in _read_keys(word, mapping):
        findings.error(word.path, f"`{_short(word.text)}` can never be read in a file name; write a shorter word")
        return True
    if GUID_PATTERN.fullmatch(word.text):
        message = (
            f"`{word.text}` looks like a practice's code, 16 to 20 letters, and is taken for one where it is the first "
            "word with a `#`; add a shorter word or one of two words beside it"
        )
        findings.warn(word.path, message)
    return False


def _read_keys(word: WrittenWord, mapping: Mapping) -> list[Key]:
    tags = parse_name(f"#{_CODE}-#{word.text.replace(' ', '-')}-{_TAIL}")
    reading = read_words(tags.words, mapping)
    return [WrittenWord("-".join(each.text for each in finding.words), ()).key for finding in reading.findings]


def _note_hidden(word: WrittenWord, mapping: Mapping, findings: Findings) -> None:
    """`cara rx` as one thing hides `cara` and `rx` as others wherever the two stand together."""
    entry = mapping.vocabulary[word.key]
    for part in _parts(word.key):
        hidden = mapping.vocabulary.get(part)
        if hidden and hidden.kind is not Kind.IGNORED and not _go_together(entry, hidden, mapping):
            message = (
                f"`{word.text}` ({entry}) hides `{hidden.alias}` ({hidden}, line {hidden.line}) where its words stand "
                "together; if that is not meant, change one of the two"
            )
            findings.warn(word.path, message)
            return


def _note_disputed(word: WrittenWord, mapping: Mapping, findings: Findings) -> None:
    """`photo tj` beside a pattern that reads `tj-1001`: of `photo-tj-1001` both want the `tj`. `rx` beside one that
    reads any two letters before a number.
    """
    for text in _texts_of_patients(word, mapping):
        for patient, _ in read_words(parse_name(text).words, mapping).disputes:
            message = (
                f"`{word.text}` and rule `{patient.rule}` on line {patient.line} share a word of `{text}`, so such a "
                "photo is held; use words that are not part of a patient's number"
            )
            findings.warn(word.path, message)
            return


def _texts_of_patients(word: WrittenWord, mapping: Mapping) -> Iterator[str]:
    """A word, also written as one, with those numbers after it that a rule reads together with some of it."""
    rules = [rule for rule in mapping.patient_rules if not rule.is_plain]
    for key in dict.fromkeys((word.key, ("".join(word.key),))):
        for number in _NUMBERS if rules else ():
            tokens = tokens_of((*key, number))
            if any(read_patient(rule, tokens, start) for rule in rules for start in range(len(key))):
                yield "-".join((*key, number))


def _parts(key: Key) -> Iterator[Key]:
    """The shorter runs of words in a key."""
    for length in range(len(key) - 1, 0, -1):
        yield from (key[start : start + length] for start in range(len(key) - length + 1))


def _note_chain(first: WrittenWord, second: WrittenWord, mapping: Mapping, findings: Findings) -> None:
    """`x ray` and `ray room`: of `x-ray-room` only one can be read."""
    for shared in range(1, min(len(first.key), len(second.key))):
        if first.key[-shared:] != second.key[:shared]:
            continue
        before, after = first.key[:-shared], second.key[shared:]
        one = {_meaning(mapping, first.key), *_meanings(mapping, after)}
        other = {_meaning(mapping, second.key), *_meanings(mapping, before)}
        if one - {None} == other - {None}:
            continue
        entry, path = mapping.vocabulary[first.key], _later(first, second, findings)
        message = (
            f"`{second.text}` begins with what `{first.text}` ({entry}, line {entry.line}) ends with, so of "
            f"`{'-'.join((*first.key, *after))}` only one is read; change one of the two"
        )
        findings.warn(path, message)
        return


def _later(first: WrittenWord, second: WrittenWord, findings: Findings) -> KeyPath:
    return second.path if (findings.line(second.path) or 0) >= (findings.line(first.path) or 0) else first.path


def _meaning(mapping: Mapping, key: Key) -> tuple[str, str] | None:
    entry = mapping.vocabulary.get(key)
    return (entry.kind, entry.value) if entry and entry.kind is not Kind.IGNORED else None


def _meanings(mapping: Mapping, words: Key) -> Iterator[tuple[str, str] | None]:
    """What the words that are left over mean, read as a name's are."""
    tags = parse_name("-".join(words))
    for finding in read_words(tags.words, mapping).findings:
        if isinstance(finding.means, PatientReference):
            yield finding.means.form, finding.means.value
        elif finding.means.kind is not Kind.IGNORED:
            yield finding.means.kind, finding.means.value


def _go_together(entry: Entry, part: Entry, mapping: Mapping) -> bool:
    """The same meaning, or a type and the station its photos go to anyway."""
    if (entry.kind, entry.value) == (part.kind, part.value):
        return True
    if (entry.kind, part.kind) != (Kind.TYPE, Kind.STATION):
        return False
    station = mapping.type_stations.get(ImageType(entry.value))
    return station is not None and station.value == part.value


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"
