"""Why a rule reads a word, and why a rule for patients does not read one that looks as if it might."""

from bridge.mapping.advice import either, is_mistyped
from bridge.mapping.model import Entry, Kind, Mapping, PatientForm, PatientRule
from bridge.mapping.patients import Token, asks_for, key_of, tokens_of
from bridge.mapping.reading import Finding

_CURP_LETTERS = 18
_SHORTEST_NEAR_CURP = 15
_MOST_DIGITS = 9


def why_read(finding: Finding, mapping: Mapping) -> str:
    """Why the rule that took these words did."""
    if isinstance(finding.means, Entry):
        return _why_alias(finding, finding.means)
    rule = next((each for each in mapping.patient_rules if each.name == finding.rule), None)
    return _why_patient(rule, finding, mapping) if rule else ""


def why_unread(rule: PatientRule, tokens: list[Token], position: int) -> str:
    """Why `rule` reads no patient at this word; "" when it has no digit and is no word of the rule."""
    word = tokens[position]
    if word.key in asks_for(rule):
        return f"`{word.text}` stands without the number that belongs to it"
    if not any(character.isdigit() for character in word.text):
        return ""
    if rule.pattern:
        return f"`{word.text}` is not what its pattern `{rule.pattern}` says"
    if rule.prefixes:
        return f"it reads a number only after {either(_quoted(rule))}"
    return _why_no_curp(word.text) if rule.form is PatientForm.CURP else _why_no_number(word.text)


def _why_alias(finding: Finding, entry: Entry) -> str:
    if entry.kind is Kind.IGNORED:
        return "the file says that it means nothing here"
    written = "-".join(word.text for word in finding.words)
    if written == entry.alias:
        return "the file has it just so"
    said = tuple(token.key for token in tokens_of(word.text for word in finding.words))
    if said == key_of(entry.alias):
        return f"it is `{entry.alias}`, as case, accents and what joins words do not count"
    return f"it is `{entry.alias}` written as one word"


def _why_patient(rule: PatientRule, finding: Finding, mapping: Mapping) -> str:
    if rule.pattern:
        return f"it is what the pattern `{rule.pattern}` says"
    if rule.prefixes:
        key = "".join(token.key for token in tokens_of(word.text for word in finding.words))
        prefix = next((each for each in rule.prefixes if key.startswith("".join(each))), rule.prefixes[0])
        return f"it is a number after `{' '.join(prefix)}`"
    if rule.form is PatientForm.CURP:
        digit = ", but a last digit that does not fit" if is_mistyped(finding, mapping) else ""
        return f"it has the shape of a CURP, with a date of birth that exists{digit}"
    return "it is a number that stands alone"


def _why_no_number(text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        return f"`{text}` is not digits alone"
    if int(text) == 0:
        return "0 is no patient's number"
    return f"a number has at most {_MOST_DIGITS} digits"


def _why_no_curp(text: str) -> str:
    if len(text) == _CURP_LETTERS:
        return f"`{text}` is as long as a CURP, but has not its shape, or a date of birth that does not exist"
    if len(text) >= _SHORTEST_NEAR_CURP:
        return f"a CURP has {_CURP_LETTERS} letters and digits, `{text}` has {len(text)}"
    return f"it is no CURP, which has {_CURP_LETTERS} letters and digits"


def _quoted(rule: PatientRule) -> list[str]:
    return [f"`{' '.join(prefix)}`" for prefix in rule.prefixes]
