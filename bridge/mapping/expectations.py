"""The examples in a mapping file: reading what they expect, and comparing it with what the mapping does."""

from collections.abc import Iterator
from typing import Any

from bridge.errors import Problem
from bridge.holds import HoldReason
from bridge.mapping.findings import Findings
from bridge.mapping.model import Example, Mapping, PatientReference, Resolution
from bridge.mapping.patients import written_reference
from bridge.mapping.resolution import resolve
from bridge.tags import parse_name
from bridge.targets import ImageType
from bridge.yamlfile import KeyPath, did_you_mean

KNOWN_FROM_A_NAME = (
    HoldReason.NO_PATIENT,
    HoldReason.AMBIGUOUS_PATIENT,
    HoldReason.NO_TYPE,
    HoldReason.AMBIGUOUS_TYPE,
    HoldReason.AMBIGUOUS_STATION,
    HoldReason.AMBIGUOUS_CLINIC,
)
"""The holds that an example can expect; to find the others takes a chart."""

_TARGET_PARTS = ("patient", "type", "station", "clinic")


def read_examples(data: dict[str, Any], findings: Findings) -> tuple[Example, ...]:
    """The examples of a file's data, as `MappingSchema` gives it; what is wrong with them goes to `findings`."""
    stations = list(data["stations"])
    return tuple(_example(given, ("examples", i), stations, findings) for i, given in enumerate(data["examples"]))


def check_examples(mapping: Mapping) -> list[Problem]:
    """One problem, at its line, for each example that the mapping does not do as the example says."""
    problems = []
    for index, example in enumerate(mapping.examples):
        differences = list(_differences(example, resolve(parse_name(example.name), mapping)))
        if differences:
            message = f"`{example.name}` {' and '.join(differences)}; mend the example or the rules above"
            problems.append(Problem(mapping.file, message, example.line, None, f"examples[{index}]"))
    return problems


def _differences(example: Example, resolution: Resolution) -> Iterator[str]:
    if resolution.reference is None:
        held = resolution.hold.reason if resolution.hold else None
        if held != example.held:
            yield f"is held ({held}), but the example expects {example.held or 'it to be filed'}"
        return
    if example.held:
        yield f"is filed for patient {resolution.reference.patient}, but the example expects it held ({example.held})"
        return
    for part in _TARGET_PARTS:
        value = getattr(resolution.reference, part)
        got, expected = "none" if value is None else str(value), getattr(example, part)
        if expected is not None and str(expected) != got:
            yield f"gets {part} {got}, but the example expects {part} {expected}"


def _example(given: dict[str, Any], path: KeyPath, stations: list[str], findings: Findings) -> Example:
    expects = [part for part in _TARGET_PARTS if given[part] is not None]
    if given["held"] is not None and expects:
        findings.error(path, f"cannot be held and have a {expects[0]}; remove one of the two")
    if given["held"] is None and not expects:
        findings.error(path, "says nothing to expect; add `patient:` and `type:`, or `held:`")
    if stations and given["station"] not in (None, "none", *stations):
        message = f"`{given['station']}` is not under `stations`; {did_you_mean(given['station'], stations)}"
        findings.error((*path, "station"), message)
    return Example(
        name=given["name"],
        patient=_patient(given["patient"], (*path, "patient"), findings),
        type=_type(given["type"], (*path, "type"), findings),
        station=given["station"],
        clinic=given["clinic"],
        held=_held(given["held"], (*path, "held"), findings),
        line=findings.line(path),
    )


def _patient(text: str | None, path: KeyPath, findings: Findings) -> PatientReference | None:
    reference = written_reference(text) if text is not None else None
    if text is not None and reference is None:
        findings.error(path, f"`{text}` is not a patient; write a number such as 123, a CURP, or `oldid 1001`")
    return reference


def _type(name: str | None, path: KeyPath, findings: Findings) -> ImageType | None:
    if name is None or name in list(ImageType):
        return ImageType(name) if name else None
    findings.error(path, f"`{name}` is not an image type; {did_you_mean(name, list(ImageType))}")
    return None


def _held(code: str | None, path: KeyPath, findings: Findings) -> HoldReason | None:
    if code is None or code in KNOWN_FROM_A_NAME:
        return HoldReason(code) if code else None
    if code in list(HoldReason):
        findings.error(path, f"`{code}` cannot be known from a name alone; use one of: {', '.join(KNOWN_FROM_A_NAME)}")
    else:
        findings.error(path, f"`{code}` is not a reason to hold; {did_you_mean(code, list(KNOWN_FROM_A_NAME))}")
    return None
