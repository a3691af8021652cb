"""What a mapping file leaves out: types and stations that no word leads to, examples, clinics; and odd quotes in it."""

from collections.abc import Collection, Iterator
from typing import Any

from bridge.mapping.findings import Findings
from bridge.mapping.model import Kind, Mapping
from bridge.mapping.patients import key_of
from bridge.mapping.resolution import resolve
from bridge.mapping.written import written_stations
from bridge.tags import parse_name
from bridge.targets import ImageType
from bridge.yamlfile import KeyPath, did_you_mean

_OPENING = "“„«‘"


def doubt_file(mapping: Mapping, findings: Findings) -> None:
    """Note what is missing in a file that can be used."""
    _note_types(mapping, findings)
    _note_stations(mapping, findings)
    _note_examples(mapping, findings)
    if mapping.require and mapping.clinic is None:
        message = "needs a clinic, but the file gives none, so most photos will be held; add `clinic: today`"
        findings.warn(("require",), message)


def doubt_practices(mapping: Mapping, practices: Collection[str], findings: Findings) -> None:
    """Note practices of `station_by_practice` that the config does not have."""
    for name in mapping.station_by_practice:
        if name not in practices:
            message = f"`{name}` is not a practice of the config; {did_you_mean(name, list(practices))}"
            findings.error(("defaults", "station_by_practice", name), message)


def _note_types(mapping: Mapping, findings: Findings) -> None:
    missing = [image_type for image_type in ImageType if image_type not in mapping.types]
    if missing:
        words = " and ".join(missing)
        message = (
            f"has no way in for {words}: a photo whose name says `{missing[0].lower()}` is held; add "
            f"`{missing[0]}:` unless there are none at your clinic"
        )
        findings.warn(("types",), message)
    for image_type in mapping.types:
        entries = _values(mapping, Kind.TYPE)
        default = mapping.default_type
        if image_type not in entries and not (default and default.value == image_type):
            findings.error(("types", image_type), f"has no way in: no word leads to {image_type}; give it an alias")


def _note_stations(mapping: Mapping, findings: Findings) -> None:
    """A station whose name a type has taken, without an alias and used nowhere."""
    reached = _values(mapping, Kind.STATION)
    reached |= {word.text for word in written_stations(findings.document) if word.path[0] != "stations"}
    for word in written_stations(findings.document):
        if word.path[0] == "stations" and word.text not in reached and not word.text.isdigit():
            other = mapping.vocabulary.get(key_of(word.text))
            taken = f", because `{word.text}` stands for {other}" if other else ""
            findings.warn(word.path, f"has no way in{taken}; give the station an alias, or remove it")


def _note_examples(mapping: Mapping, findings: Findings) -> None:
    if not mapping.examples:
        message = f"has no `examples`, which show that the file does what you mean; add some, such as {_example()}"
        findings.warn((), message)
        return
    shown = {example.type for example in mapping.examples}
    for example in mapping.examples:
        reference = resolve(parse_name(example.name), mapping).reference
        shown |= {reference.type} if reference and not example.held else set()
    for image_type in mapping.types:
        if image_type not in shown:
            message = f"has no example; add one under `examples`, such as {_example(image_type)}"
            findings.warn(("types", image_type), message)


def doubt_quotes(findings: Findings) -> None:
    """Note text copied from a word processor: its quotes are letters to YAML. Aliases are looked at elsewhere."""
    for path, text in _texts(findings.document.data, ()):
        if text[-1:] == '"' and text.count('"') == 1:
            findings.error(path, "ends with a quote that is not opened; write one where the text begins too")
        if text[:1] in tuple(_OPENING) and path[0] in ("examples", "patient"):
            findings.error(
                path, f'`{text[:1]}` is the curly quote of a word processor; type plain quotes, `"`, instead'
            )


def _texts(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))
    elif isinstance(value, str):
        yield path, value


def _values(mapping: Mapping, kind: Kind) -> set[str]:
    return {entry.value for entry in mapping.vocabulary.values() if entry.kind is kind}


def _example(image_type: ImageType = ImageType.HEADSHOT) -> str:
    name = f"#123-{image_type.lower()}-21-Nov-2026-10-11-12.jpg"
    return f'`- {{name: "{name}", patient: 123, type: {image_type}}}`'
