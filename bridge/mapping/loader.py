"""Mapping files: from YAML to a checked Mapping, or to everything that is wrong with the file."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bridge.errors import InputProblemsError
from bridge.mapping.expectations import read_examples
from bridge.mapping.findings import Findings
from bridge.mapping.model import Entry, Kind, LateHeadshots, Mapping, Requirement, Setting
from bridge.mapping.occasions import read_clinic_dates, read_station_by_practice, read_station_hours
from bridge.mapping.patient_rules import read_patient_rules
from bridge.mapping.schema import MappingSchema
from bridge.mapping.stations import read_station
from bridge.mapping.vocabulary import Claim, VocabularyBuilder
from bridge.targets import USUAL_LIMITS, ImageType, PictureLimits
from bridge.yamlfile import Document, KeyPath, check_document, did_you_mean, in_order, parse_yaml, read_bytes

_Data = dict[str, Any]
"""A file as `MappingSchema` gives it."""

_MOST_WORDS = 1000
_MOST_EXAMPLES = 2000


def load_mapping(file: Path) -> Mapping:
    """Read and check one mapping file. Raises InputProblemsError as `parse_mapping` does, or when it is unreadable."""
    return parse_mapping(read_bytes(file), file)


def parse_mapping(raw: bytes, file: Path) -> Mapping:
    """Check the bytes of a mapping file; the version is that of these bytes, whatever becomes of the file meanwhile.

    Raises InputProblemsError with every problem of the file's shape, and types that are only misspelt; when the shape
    is right, with every problem of its meaning.
    """
    return read_mapping(parse_yaml(raw, file), raw)


def read_mapping(document: Document, raw: bytes) -> Mapping:
    """The same of a document that was parsed already, from these bytes."""
    data, misshapen = check_document(document, MappingSchema())
    findings = Findings(document)
    if misshapen:
        _note_misspelt_types(document, findings)
        raise InputProblemsError(in_order([*misshapen, *findings.errors]))
    mapping = _mapping(data, version_of(raw), findings)
    if findings.errors:
        raise InputProblemsError(in_order(findings.errors))
    return mapping


def version_of(raw: bytes) -> str:
    """Twelve digits of the SHA-256 of a mapping file's bytes."""
    return hashlib.sha256(raw).hexdigest()[:12]


def _mapping(data: _Data, version_hash: str, findings: Findings) -> Mapping:
    patient_rules = read_patient_rules(data, findings)
    types = tuple(t for name in data["types"] if (t := _image_type(name, ("types", name), findings)))
    type_stations = _type_stations(data, types, findings)
    builder = VocabularyBuilder(findings, type_stations, patient_rules)
    _refuse_too_much(data, types, findings)
    for claims in _CLAIMS:
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
        station_by_practice=MappingProxyType(read_station_by_practice(data, findings)),
        station_by_time=read_station_hours(data, findings),
        clinic_dates=read_clinic_dates(data, findings),
        require=frozenset(Requirement(name) for name in data["require"]),
        late_headshots=LateHeadshots(data["late_headshots"]),
        examples=read_examples(data, findings),
        warnings=tuple(findings.warnings),
    )


def _image_type(name: str, path: KeyPath, findings: Findings) -> ImageType | None:
    if name in list(ImageType):
        return ImageType(name)
    findings.error(path, f"`{name}` is not an image type; {did_you_mean(name, list(ImageType))}")
    return None


def _note_misspelt_types(document: Document, findings: Findings) -> None:
    """Of a file of which nothing else is known, as its shape is wrong."""
    types = document.data.get("types") if isinstance(document.data, dict) else None
    for name in types if isinstance(types, dict) else ():
        if "did you mean" in did_you_mean(name, list(ImageType)):
            _image_type(name, ("types", name), findings)


def _type_stations(data: _Data, types: Iterable[ImageType], findings: Findings) -> dict[ImageType, Setting]:
    found = {t: _station(data, data["types"][t], ("types", t, "station"), findings) for t in types}
    return {image_type: station for image_type, station in found.items() if station}


def _limits(image_type: ImageType, given: _Data) -> PictureLimits:
    usual = USUAL_LIMITS[image_type]
    return PictureLimits(
        given.get("longest_edge") or usual.longest_edge, given.get("lowest_quality") or usual.lowest_quality
    )


def _station(data: _Data, given: _Data | None, path: KeyPath, findings: Findings) -> Setting | None:
    """The station that the settings `given` name, if they do."""
    name = given["station"] if given else None
    return None if name is None else read_station(data, name, path, findings)


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


_CLAIMS = (_type_claims, _other_claims, _station_names)


def _refuse_too_much(data: _Data, types: Iterable[ImageType], findings: Findings) -> None:
    """A file that nobody can have written would keep a running bridge busy. Raises InputProblemsError."""
    before = len(findings.errors)
    claims = chain.from_iterable(each(data, types, findings) for each in _CLAIMS)
    if beyond := next(islice(claims, _MOST_WORDS, None), None):
        findings.error(beyond.path, f"is one word too many; a file can hold {_MOST_WORDS}, so remove those of no use")
    if len(data["examples"]) > _MOST_EXAMPLES:
        message = f"is one example too many; a file can hold {_MOST_EXAMPLES}, so remove those that say the same"
        findings.error(("examples", _MOST_EXAMPLES), message)
    if len(findings.errors) > before:
        raise InputProblemsError(in_order(findings.errors))


def _aliases(kind: Kind, value: str, aliases: Iterable[str], path: KeyPath, findings: Findings) -> Iterator[Claim]:
    for index, alias in enumerate(aliases):
        place = (*path, "aliases", index)
        yield Claim(Entry(kind, value, alias, findings.line(place)), place)
