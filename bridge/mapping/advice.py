"""How a name that would be held can be mended: at the phone, or in the mapping file."""

from collections.abc import Iterable

from bridge.holds import HoldReason
from bridge.mapping.curp import has_right_check_digit
from bridge.mapping.model import Kind, Mapping, PatientForm, PatientReference, PatientRule
from bridge.mapping.reading import Finding, Reading, quoted
from bridge.tags import CUT_MARK, Tags

_TOO_LONG = "Type a shorter name: nothing is read of one that had to be cut."
_ONE_PATIENT = (
    "Type one patient, and no other number beside it; a word with digits in it that means nothing here can stand under "
    "`ignore:`."
)
_KEYS = {Kind.TYPE: "types", Kind.STATION: "stations", Kind.CLINIC: "clinic: {tags: ...}"}
_DOUBTS = {
    HoldReason.AMBIGUOUS_TYPE: (Kind.TYPE, "kind of picture"),
    HoldReason.AMBIGUOUS_STATION: (Kind.STATION, "station"),
    HoldReason.AMBIGUOUS_CLINIC: (Kind.CLINIC, "clinic"),
}


def how_to_mend(reason: HoldReason, tags: Tags, reading: Reading, mapping: Mapping) -> str:
    """What to type, or what to write into the file, so that such a name is filed; "" where the hold says it all."""
    if reason is HoldReason.NO_PATIENT:
        return _TOO_LONG if CUT_MARK in tags.name else _name_a_patient(mapping)
    if reason is HoldReason.AMBIGUOUS_PATIENT:
        return _one_patient(reading, mapping)
    if reason is HoldReason.NO_TYPE:
        return _name_a_type(reading, mapping)
    if reason in _DOUBTS:
        return _say_one(*_DOUBTS[reason], reading)
    return ""


def _name_a_patient(mapping: Mapping) -> str:
    ways = either(way for rule in mapping.patient_rules for way in _ways(rule))
    return f"Type the patient as {ways}; for other ways, add a rule under `patient:`."


def _one_patient(reading: Reading, mapping: Mapping) -> str:
    if reading.disputes:
        patient, alias = reading.disputes[0]
        return (
            f"Type {patient.shown} and {alias.shown} so that no word belongs to both, or change the rule on line "
            f"{patient.line} or the alias on line {alias.line}."
        )
    mistyped = [finding.shown for finding in reading.patients.values() if is_mistyped(finding, mapping)]
    return f"Type {mistyped[0]} again, letter by letter." if mistyped else _ONE_PATIENT


def is_mistyped(finding: Finding, mapping: Mapping) -> bool:
    """Whether it is a CURP whose last digit does not fit the others, by a rule that looks at it."""
    is_checked = any(rule.check_digit for rule in mapping.patient_rules if rule.name == finding.rule)
    return is_checked and isinstance(finding.means, PatientReference) and not has_right_check_digit(finding.means.value)


def _ways(rule: PatientRule) -> Iterable[str]:
    if rule.pattern:
        return [f"what the pattern `{rule.pattern}` says"]
    if rule.prefixes:
        return [f"a number after `{' '.join(prefix)}`" for prefix in rule.prefixes]
    return ["a CURP" if rule.form is PatientForm.CURP else "a number alone"]


def _name_a_type(reading: Reading, mapping: Mapping) -> str:
    names = either(f"`{known.lower()}`" for known in mapping.types)
    left = [quoted((word,)) for word in reading.left]
    alias = f"or add {either(left)} to the `aliases:` of its type; " if left else ""
    return f"Type a kind of picture ({names}); {alias}or name one under `defaults:` for names that say none."


def _say_one(kind: Kind, noun: str, reading: Reading) -> str:
    said = [f"{each.shown} (line {each.line})" for each in reading.entries(kind).values()]
    return (
        f"Type one {noun} only; if {either(said)} should mean something else, change it under `{_KEYS[kind]}`, "
        "or write both words as one alias."
    )


def either(words: Iterable[str]) -> str:
    """Words as people list them: `a`, `b` or `c`."""
    known = list(dict.fromkeys(words))
    return " or ".join([", ".join(known[:-1]), known[-1]]) if len(known) > 1 else "".join(known)
