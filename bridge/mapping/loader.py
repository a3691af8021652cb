"""Mapping files: from YAML to a checked Mapping, or to everything that is wrong with the file."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bridge.errors import InputProblemsError
from bridge.mapping.expectations import read_examples
from bridge.mapping.findings import Findings
from bridge.mapping.model import Entry, Key, Kind, LateHeadshots, Mapping, PatientForm, PatientRule, Setting
from bridge.mapping.patients import key_of, overlaps
from bridge.mapping.schema import MappingSchema
from bridge.mapping.vocabulary import Claim, VocabularyBuilder
from bridge.targets import USUAL_LIMITS, ImageType, PictureLimits
from bridge.yamlfile import KeyPath, did_you_mean, load_document, read_yaml

_Data = dict[str, Any]
"""A file as `MappingSchema` gives it."""


def load_mapping(file: Path) -> Mapping:
    """Read and check one mapping file.

    Raises InputProblemsError with every problem of the file's shape or, when the shape is right, every problem of
    its meaning. The version is taken before the reading, so a file that changes meanwhile is seen to have changed.
    """
    version_hash = version_of(file)
    document = read_yaml(file)
    data: _Data = load_document(document, MappingSchema())
    findings = Findings(document)
    mapping = _mapping(data, version_hash, findings)
    if findings.errors:
        raise InputProblemsError(tuple(sorted(findings.errors, key=lambda problem: problem.line or 0)))
    return mapping


def version_of(file: Path) -> str:
    """Twelve digits of the SHA-256 of the file's bytes; "" when unreadable, which reading it then reports."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()[:12]
    except OSError:
        return ""


def _mapping(data: _Data, version_hash: str, findings: Findings) -> Mapping:
    patient_rules = _patient_rules(data, findings)
    types = tuple(t for name in data["types"] if (t := _image_type(name, ("types", name), findings)))
    type_stations = _type_stations(data, types, findings)
    builder = VocabularyBuilder(findings, type_stations, patient_rules)
    for claims in (_type_claims, _other_claims, _station_names):
        builder.add(claims(data, types, findings))
    return Mapping(
        file=findings.document.file,
        version_hash=version_hash,
        patient_rules=patient_rules,
        vocabulary=MappingProxyType(builder.table),
        types=types,
        type_stations=MappingProxyType(type_stations),
        type_limits=MappingProxyType({t: _limits(t, data["types"][t] or {}) for t in types}),
        clinic=_clinic(data, findings),
        default_type=_default_type(data, findings),
        default_station=_station(data, data["defaults"], ("defaults", "station"), findings),
        late_headshots=LateHeadshots(data["late_headshots"]),
        examples=read_examples(data, findings),
        warnings=tuple(findings.warnings),
    )


def _patient_rules(data: _Data, findings: Findings) -> tuple[PatientRule, ...]:
    rules = tuple(r for name, given in data["patient"].items() if (r := _patient_rule(name, given, findings)))
    for first, second, shared in overlaps(rules):
        advice = "remove one of the two" if first.form is second.form else "give one of the two another `prefix`"
        findings.error(
            ("patient", second.name),
            f"{shared} would be read by this rule and by `{first.name}` on line {first.line}; {advice}",
        )
    return rules


def _patient_rule(name: str, given: _Data, findings: Findings) -> PatientRule | None:
    path: KeyPath = ("patient", name)
    if given["form"] not in list(PatientForm):
        hint = did_you_mean(given["form"], list(PatientForm))
        findings.error((*path, "form"), f"`{given['form']}` is not a form of patient number; {hint}")
        return None
    form = PatientForm(given["form"])
    if form is PatientForm.CURP and given["prefix"]:
        findings.error((*path, "prefix"), "a CURP is known by its shape and takes no prefix; remove it")
        return None
    prefixes = tuple(_prefix(text, (*path, "prefix", i), findings) for i, text in enumerate(given["prefix"]))
    return PatientRule(name, form, prefixes, findings.line(path))


def _prefix(text: str, path: KeyPath, findings: Findings) -> Key:
    key = key_of(text)
    if not key or any(character.isdigit() for character in "".join(key)):
        findings.error(path, f"`{text}` must be a word without digits, such as `old`")
    return key


def _image_type(name: str, path: KeyPath, findings: Findings) -> ImageType | None:
    if name in list(ImageType):
        return ImageType(name)
    findings.error(path, f"`{name}` is not an image type; {did_you_mean(name, list(ImageType))}")
    return None


def _type_stations(data: _Data, types: Iterable[ImageType], findings: Findings) -> dict[ImageType, Setting]:
    found = {t: _station(data, data["types"][t], ("types", t, "station"), findings) for t in types}
    return {image_type: station for image_type, station in found.items() if station}


def _limits(image_type: ImageType, given: _Data) -> PictureLimits:
    usual = USUAL_LIMITS[image_type]
    return PictureLimits(
        given.get("longest_edge") or usual.longest_edge, given.get("lowest_quality") or usual.lowest_quality
    )


def _station(data: _Data, given: _Data | None, path: KeyPath, findings: Findings) -> Setting | None:
    """The station that the settings `given` name. Where the file lists stations, it must be one of them."""
    name = given["station"] if given else None
    if name is None:
        return None
    listed = list(data["stations"])
    if listed and name not in listed:
        findings.error(path, f"`{name}` is not under `stations`; {did_you_mean(name, listed)}")
    return Setting(name, findings.line(path))


def _default_type(data: _Data, findings: Findings) -> Setting | None:
    name, path = data["defaults"]["type"], ("defaults", "type")
    if name is None or _image_type(name, path, findings) is None:
        return None
    if name not in data["types"]:
        findings.error(path, f"`{name}` is not under `types`; add it there")
    return Setting(name, findings.line(path))


def _clinic(data: _Data, findings: Findings) -> Setting | None:
    clinic = data["clinic"]
    return Setting(clinic["otherwise"], findings.line(("clinic", "otherwise"))) if clinic else None


def _type_claims(data: _Data, types: Iterable[ImageType], findings: Findings) -> Iterator[Claim]:
    for image_type in types:
        path = ("types", image_type.value)
        yield Claim(Entry(Kind.TYPE, image_type, image_type, findings.line(path)), path, is_name=True)
        yield from _aliases(Kind.TYPE, image_type, (data["types"][image_type] or {}).get("aliases", ()), path, findings)


def _other_claims(data: _Data, types: Iterable[ImageType], findings: Findings) -> Iterator[Claim]:
    for name, given in data["stations"].items():
        yield from _aliases(Kind.STATION, name, (given or {}).get("aliases", ()), ("stations", name), findings)
    for alias, clinic in (data["clinic"] or {"tags": {}})["tags"].items():
        path = ("clinic", "tags", alias)
        yield Claim(Entry(Kind.CLINIC, clinic, alias, findings.line(path)), path)
    for index, word in enumerate(data["ignore"]):
        yield Claim(Entry(Kind.IGNORED, "", word, findings.line(("ignore", index))), ("ignore", index))


def _station_names(data: _Data, types: Iterable[ImageType], findings: Findings) -> Iterator[Claim]:
    for name in data["stations"]:
        path = ("stations", name)
        yield Claim(Entry(Kind.STATION, name, name, findings.line(path)), path, is_name=True)


def _aliases(kind: Kind, value: str, aliases: Iterable[str], path: KeyPath, findings: Findings) -> Iterator[Claim]:
    for index, alias in enumerate(aliases):
        place = (*path, "aliases", index)
        yield Claim(Entry(kind, value, alias, findings.line(place)), place)
