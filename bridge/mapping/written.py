"""The words of a mapping file where they are written, for what is said about them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bridge.mapping.model import Key
from bridge.mapping.patients import key_of
from bridge.yamlfile import Document, KeyPath


@dataclass(frozen=True)
class WrittenWord:
    """An alias, a clinic's tag or a word to ignore, as written, and its place in the document."""

    text: str
    path: KeyPath

    @cached_property
    def key(self) -> Key:
        """Its words folded."""
        return key_of(self.text)


def written_words(document: Document) -> Iterator[WrittenWord]:
    """All words of a document that `MappingSchema` accepts, in the order of the settings."""
    for group in ("types", "stations"):
        for name, given in _settings(document.data, group).items():
            for index, alias in enumerate((given or {}).get("aliases", ())):
                yield WrittenWord(alias, (group, name, "aliases", index))
    clinic = document.data.get("clinic")
    if isinstance(clinic, dict):
        yield from (WrittenWord(tag, ("clinic", "tags", tag)) for tag in clinic.get("tags", ()))
    for index, word in enumerate(document.data.get("ignore", ())):
        yield WrittenWord(word, ("ignore", index))


def written_names(document: Document) -> Iterator[WrittenWord]:
    """The names of types and stations, which are understood without being listed."""
    for group in ("types", "stations"):
        yield from (WrittenWord(name, (group, name)) for name in _settings(document.data, group))


def written_stations(document: Document) -> Iterator[WrittenWord]:
    """Each place where a document names a station: the list first, then where stations are used."""
    yield from (WrittenWord(name, ("stations", name)) for name in _settings(document.data, "stations"))
    for name, given in _settings(document.data, "types").items():
        if given and given.get("station"):
            yield WrittenWord(given["station"], ("types", name, "station"))
    defaults = _settings(document.data, "defaults")
    if defaults.get("station"):
        yield WrittenWord(defaults["station"], ("defaults", "station"))
    for practice, station in defaults.get("station_by_practice", {}).items():
        yield WrittenWord(station, ("defaults", "station_by_practice", practice))
    for index, hours in enumerate(defaults.get("station_by_time", ())):
        yield WrittenWord(hours["station"], ("defaults", "station_by_time", index, "station"))


def written_clinics(document: Document) -> Iterator[WrittenWord]:
    """Each place where a document gives a clinic's number."""
    clinic = document.data.get("clinic")
    values: dict[KeyPath, str] = {}
    if isinstance(clinic, dict):
        values[("clinic", "otherwise")] = clinic.get("otherwise", "today")
        for group in ("tags", "dates"):
            values |= {("clinic", group, key): value for key, value in clinic.get(group, {}).items()}
    elif clinic:
        values[("clinic",)] = clinic
    yield from (WrittenWord(value, path) for path, value in values.items() if value != "today")


def _settings(data: dict[str, Any], key: str) -> dict[str, Any]:
    return data.get(key) or {}
