"""Words that no rule reads and that may yet say whose the number beside them is, so that the photo has to wait."""

from collections.abc import Iterator

from bridge.mapping.model import Entry, Kind, Mapping, PatientForm, PatientReference
from bridge.mapping.patients import (
    is_asked_for,
    is_spelt_by,
    may_ask_for_number,
    much_like,
    read_patient,
    tokens_of,
)
from bridge.mapping.reading import Finding, Reading
from bridge.tags import Word

_MOST_PARTS = 20
"""Into so many parts a prefix may be taken apart; no phone's name has room for more."""


def doubtful_words(words: tuple[Word, ...], reading: Reading, mapping: Mapping) -> list[Word]:
    """The words left over that may belong to a patient's number: those with a digit in them, as of `12-345`, and those
    that are only written beside a number, `123 old`.

    Before a number that stands alone also words that are much like such a one, `olds 123`, whatever else without a
    meaning stands between, and letters that spell one: `o-l-d 123`. Such a number is not the chart's 123.
    """
    doubtful = {word.position for word in reading.left if _is_doubtful(word, mapping)}
    for before, right_before in _before_lone_numbers(words, reading):
        doubtful |= {word.position for word in before if _is_like(word, mapping)}
        doubtful |= {word.position for word in right_before[-1:] if _may_ask(word, mapping)}
        doubtful |= {word.position for word in _spelt_apart(right_before, mapping)}
    return [word for word in reading.left if word.position in doubtful]


def may_be_of_patient(guid: str, mapping: Mapping) -> bool:
    """Whether what stands where a practice's code does is a CURP or a word for a number by some rule.

    Other patterns are not tried: they might read the real codes.
    """
    for rule in mapping.patient_rules:
        is_tried = rule.form is PatientForm.CURP or not rule.pattern
        if is_asked_for(rule, guid) or (is_tried and read_patient(rule, tokens_of([guid]), 0)):
            return True
    return False


def _is_doubtful(word: Word, mapping: Mapping) -> bool:
    if any(character.isdigit() for character in word.text):
        return True
    return any(is_asked_for(rule, word.text) for rule in mapping.patient_rules)


def _is_like(word: Word, mapping: Mapping) -> bool:
    return any(much_like(rule, word.text) for rule in mapping.patient_rules)


def _may_ask(word: Word, mapping: Mapping) -> bool:
    return any(may_ask_for_number(rule, word.text) for rule in mapping.patient_rules)


def _spelt_apart(words: list[Word], mapping: Mapping) -> list[Word]:
    """The last words of some that together spell what a rule asks for before its number."""
    for count in range(2, min(len(words), _MOST_PARTS) + 1):
        last = words[-count:]
        if any(is_spelt_by(rule, [word.text for word in last]) for rule in mapping.patient_rules):
            return last
    return []


def _before_lone_numbers(words: tuple[Word, ...], reading: Reading) -> Iterator[tuple[list[Word], list[Word]]]:
    """For each number that was read alone as a patient: the words left over before it, up to one that means something;
    and those of them between which and the number is nothing but signs.
    """
    unread = {word.position for word in reading.left}
    ignored = {word.position for each in reading.findings if _is_ignored(each) for word in each.words}
    for finding in reading.findings:
        if not _is_lone_number(finding):
            continue
        before, place, nearest = list[Word](), finding.words[0].position - 1, 0
        while place >= 0 and (place in unread or place in ignored):
            if place in ignored:
                nearest = max(nearest, place + 1)
            elif any(character.isalnum() for character in words[place].text):
                before.insert(0, words[place])
            place -= 1
        yield before, [word for word in before if word.position >= nearest]


def _is_lone_number(finding: Finding) -> bool:
    is_alone = len(finding.words) == 1 and finding.words[0].text.rstrip(".,").isdigit()
    return is_alone and isinstance(finding.means, PatientReference)


def _is_ignored(finding: Finding) -> bool:
    return isinstance(finding.means, Entry) and finding.means.kind is Kind.IGNORED
