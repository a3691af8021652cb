"""The ways of naming a patient, as a mapping file gives them."""

from typing import Any

from bridge.mapping.findings import Findings
from bridge.mapping.model import Key, PatientForm, PatientRule
from bridge.mapping.patients import key_of, overlaps
from bridge.mapping.patterns import fault_of
from bridge.yamlfile import KeyPath, did_you_mean

_WRITE_INTO = "stands beside `pattern`; write it into the pattern, as in `old-?([0-9]+)`, and remove it here"


def read_patient_rules(data: dict[str, Any], findings: Findings) -> tuple[PatientRule, ...]:
    """The rules of a file's data, as `MappingSchema` gives it; what is wrong with them goes to `findings`."""
    rules = tuple(r for name, given in data["patient"].items() if (r := _rule(name, given, findings)))
    for first, second, shared in overlaps(rules):
        findings.error(
            ("patient", second.name),
            f"{shared} would be read by this rule and by `{first.name}` on line {first.line}; {_advice(first, second)}",
        )
    return rules


def _advice(first: PatientRule, second: PatientRule) -> str:
    if first.form is second.form:
        return "remove one of the two"
    return f"give one of the two another `{'pattern' if first.pattern else 'prefix'}`"


def _rule(name: str, given: dict[str, Any], findings: Findings) -> PatientRule | None:
    path: KeyPath = ("patient", name)
    if given["form"] not in list(PatientForm):
        hint = did_you_mean(given["form"], list(PatientForm))
        findings.error((*path, "form"), f"`{given['form']}` is not a form of patient number; {hint}")
        return None
    form = PatientForm(given["form"])
    if _is_misused(form, given, path, findings):
        return None
    prefixes = [_prefix(text, (*path, "prefix", i), findings) for i, text in enumerate(given["prefix"])]
    if not all(prefixes):
        return None
    return PatientRule(name, form, tuple(prefixes), findings.line(path), given["pattern"], given["check_digit"])


def _is_misused(form: PatientForm, given: dict[str, Any], path: KeyPath, findings: Findings) -> bool:
    """Whether settings of one rule do not go together, or its pattern is none; each is told."""
    before = len(findings.errors)
    if form is PatientForm.CURP and given["prefix"]:
        findings.error((*path, "prefix"), "a CURP is known by its shape and takes no prefix; remove it")
    elif given["prefix"] and given["pattern"]:
        findings.error((*path, "prefix"), _WRITE_INTO)
    if given["check_digit"] and form is not PatientForm.CURP:
        findings.error((*path, "check_digit"), "is for CURPs, no other number has a check digit; remove it")
    fault = fault_of(given["pattern"]) if given["pattern"] else ""
    if fault:
        findings.error((*path, "pattern"), fault)
    return len(findings.errors) > before


def _prefix(text: str, path: KeyPath, findings: Findings) -> Key:
    key = key_of(text)
    if not key or any(character.isdigit() for character in "".join(key)):
        findings.error(path, f"`{text}` must be a word without digits, such as `old`")
    return key
