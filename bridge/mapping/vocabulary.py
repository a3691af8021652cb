"""The aliases of a mapping file as one table, with every word that would mean two things found out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bridge.mapping.findings import Findings
from bridge.mapping.model import Entry, Key, Kind, PatientRule, Setting
from bridge.mapping.patients import clashes, key_of
from bridge.targets import ImageType
from bridge.yamlfile import KeyPath


@dataclass(frozen=True)
class Claim:
    """A word or words that shall stand for something, and where the file says so.

    `is_name` marks a type's or station's own name, which needs no alias; `is_joined`, that several words are meant
    as they are when written as one.
    """

    entry: Entry
    path: KeyPath
    is_name: bool = False
    is_joined: bool = False

    @property
    def key(self) -> Key:
        key = key_of(self.entry.alias)
        return ("".join(key),) if self.is_joined else key


class VocabularyBuilder:
    """Takes claims in turn, types first; `table` is the vocabulary so far. What is wrong goes to `findings`."""

    def __init__(
        self,
        findings: Findings,
        type_stations: Mapping[ImageType, Setting],
        patient_rules: tuple[PatientRule, ...],
    ) -> None:
        self.table: dict[Key, Entry] = {}
        self._findings = findings
        self._type_stations = type_stations
        self._patient_rules = patient_rules
        self._claims: dict[Key, Claim] = {}

    def add(self, claims: Iterable[Claim]) -> None:
        """Enter the claims; then their words written as one, `xray` for `x-ray`, unless taken by the same thing."""
        entered = [claim for claim in claims if self._is_usable(claim) and self._enter(claim)]
        for claim in entered:
            if len(claim.key) > 1:
                self._enter(replace(claim, is_joined=True))

    def _is_usable(self, claim: Claim) -> bool:
        """A station may be called `3` in the chart; such a name is no alias, but nothing to mend either."""
        message = self._misuse(claim.entry.alias, claim.key)
        if message and not (claim.is_name and "".join(claim.key).isdigit()):
            self._findings.error(claim.path, message)
        return not message

    def _misuse(self, alias: str, key: Key) -> str:
        if not key:
            return f"`{alias}` has no letters; write a word that people type"
        if all(word.isdigit() for word in key):
            return f"`{alias}` is a number, which could be a patient's; use a word with letters"
        for rule in self._patient_rules:
            if clashes(rule, alias):
                return (
                    f"`{alias}` could be taken for a patient by rule `{rule.name}` on line {rule.line}; "
                    "use another word here, or another prefix or pattern there"
                )
        return ""

    def _enter(self, claim: Claim) -> bool:
        """True when the words now stand for what is claimed. A station's name gives way to a type's words."""
        other = self._claims.setdefault(claim.key, claim)
        self.table[claim.key] = other.entry
        if other is claim:
            return True
        if (other.entry.kind, other.entry.value) == (claim.entry.kind, claim.entry.value):
            self._note_double(claim, other)
            return True
        gives_way = claim.is_name and claim.entry.kind is Kind.STATION and other.entry.kind is Kind.TYPE
        agrees = self._agree(other.entry, claim.entry)
        if not gives_way and not agrees:
            earlier, later = sorted((other, claim), key=lambda each: each.entry.line or 0)
            self._findings.error(later.path, _conflict(later.entry, earlier.entry))
        elif claim.is_joined and not (claim.is_name and agrees):
            self._findings.warn(claim.path, _parted(claim, other.entry))
        return False

    def _agree(self, first: Entry, second: Entry) -> bool:
        """A type and the station its photos go to anyway may share a word."""
        if (first.kind, second.kind) != (Kind.TYPE, Kind.STATION):
            return False
        station = self._type_stations.get(ImageType(first.value))
        return station is not None and station.value == second.value

    def _note_double(self, claim: Claim, other: Claim) -> None:
        if any(each.is_name or each.is_joined for each in (claim, other)):
            return
        message = (
            f"`{claim.entry.alias}` is the same as `{other.entry.alias}` on line {other.entry.line}, "
            "because case and accents do not count; remove one of the two"
        )
        self._findings.warn(claim.path, message)


def _conflict(entry: Entry, other: Entry) -> str:
    message = (
        f"`{entry.alias}` stands for {entry} here, but for {other} on line {other.line} (`{other.alias}`); "
        "a word can mean one thing only, so remove or change one of the two"
    )
    if {entry.kind, other.kind} == {Kind.TYPE, Kind.STATION}:
        named = {entry.kind: entry.value, other.kind: other.value}
        message += f", or write `station: {named[Kind.STATION]}` under {named[Kind.TYPE]}"
    return message


def _parted(claim: Claim, other: Entry) -> str:
    return (
        f"`{claim.entry.alias}` stands for {claim.entry}, but written as one, `{claim.key[0]}`, for {other}; if that "
        f"is not meant, add `{claim.entry.alias}` to the aliases of {other.value}"
    )
