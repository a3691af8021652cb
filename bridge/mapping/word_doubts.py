"""Aliases that stand in each other's way, and words that no name can bring."""

from collections.abc import Iterator
from itertools import islice, permutations

from bridge.mapping.automata import Effort, TooLargeError, shared_words
from bridge.mapping.findings import Findings
from bridge.mapping.model import Entry, Key, Kind, Mapping, PatientReference, PatientRule
from bridge.mapping.reading import read_words
from bridge.mapping.shapes import letters_around, shape_of_rule, shape_of_words
from bridge.mapping.written import WrittenWord, written_names, written_words
from bridge.tags import GUID_PATTERN, parse_name
from bridge.targets import ImageType
from bridge.yamlfile import KeyPath

_CODE = "AnyPracticeCode00"
_TAIL = "21-Nov-2026-10-11-12.jpg"
_EFFORT = 400_000
_EFFORT_FOR_WORD = 200
_EFFORT_FOR_RULE = 4_000
_MOST_TRIED = 40
_TYPOGRAPHIC = "“”„‟«»‘’‚‛"


def doubt_words(mapping: Mapping, findings: Findings) -> None:
    """Note words that can never be read, and those that hide others or fight for a word with them."""
    places: dict[Key, WrittenWord] = {}
    for word in written_words(findings.document):
        if not _note_unreadable(word, mapping, findings):
            places.setdefault(word.key, word)
    for name in written_names(findings.document):
        if name.key in mapping.vocabulary:
            places.setdefault(name.key, name)
    for word in places.values():
        _note_hidden(word, mapping, findings)
    _note_all_disputes(list(places.values()), mapping, findings)
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
    if parting := next((sign for sign in ";," if sign in word.text.rstrip(".,")), ""):
        message = (
            f"`{_short(word.text)}` is one word with a `{parting}` in it; if it is meant as several, part them by `, `"
        )
        findings.warn(word.path, f"{message} outside quotes")
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


def _note_all_disputes(words: list[WrittenWord], mapping: Mapping, findings: Findings) -> None:
    rules = [rule for rule in mapping.patient_rules if not rule.is_plain]
    for rule in rules:
        most = _EFFORT_FOR_RULE + _EFFORT_FOR_WORD * len(words)
        _note_disputes(rule, words, Effort(min(most, _EFFORT // len(rules))), mapping, findings)


def _note_disputes(
    rule: PatientRule, words: list[WrittenWord], effort: Effort, mapping: Mapping, findings: Findings
) -> None:
    """`photo tj` beside a pattern that reads `tj-1001`: of `photo-tj-1001` both want the `tj`. `rx` beside one that
    reads any two letters before a number; `b a` beside one that may end in `b`.
    """
    around = letters_around(word.key for word in words)
    try:
        shape = shape_of_rule(rule, around=around)
        for word in words:
            texts = shared_words([shape_of_words(word.key, around), shape], effort)
            _note_disputed(word, rule, islice(texts, _MOST_TRIED), mapping, findings)
    except TooLargeError:
        effort.left = -1
    if effort.left < 0:
        message = (
            "stands for too much to be compared with all words of the file, and may take some of them; write it simpler"
        )
        findings.warn(("patient", rule.name), message)


def _note_disputed(
    word: WrittenWord, rule: PatientRule, texts: Iterator[str], mapping: Mapping, findings: Findings
) -> None:
    for text in texts:
        disputes = read_words(parse_name(text).words, mapping).disputes
        if any(patient.rule == rule.name for patient, _ in disputes):
            message = (
                f"`{word.text}` and rule `{rule.name}` on line {rule.line} share a word of `{text}`, so such a photo "
                "is held; use words that are not part of a patient's number"
            )
            findings.warn(word.path, message)
            return


def _parts(key: Key) -> Iterator[Key]:
    """The shorter runs of words in a key."""
    for length in range(len(key) - 1, 0, -1):
        yield from (key[start : start + length] for start in range(len(key) - length + 1))


def _note_chain(first: WrittenWord, second: WrittenWord, mapping: Mapping, findings: Findings) -> None:
    """`x ray` and `ray room`: of `x-ray-room` only one can be read."""
    is_name = second.path[0] == "stations" and len(second.path) == 2
    if is_name and _go_together(mapping.vocabulary[first.key], mapping.vocabulary[second.key], mapping):
        return
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
