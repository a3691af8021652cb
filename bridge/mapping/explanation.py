"""Why a name goes where it goes, for people and for programs."""

from dataclasses import dataclass
from typing import Any

from bridge.mapping.model import Mapping, Resolution, TargetReference
from bridge.mapping.resolution import resolve
from bridge.tags import Tags, parse_name


@dataclass(frozen=True)
class Explanation:
    """A name, what its tags are, and each step of its resolution."""

    tags: Tags
    mapping: Mapping
    resolution: Resolution

    @property
    def lines(self) -> tuple[str, ...]:
        """Lines of text: the name and the file, one line for each step, and the result."""
        return (
            f"{self.tags.name}, by {self.mapping.file}:",
            *(f"  {sentence}" for sentence in self._sentences()),
            f"  result: {self._result()}",
        )

    def to_json(self) -> dict[str, Any]:
        """The same as plain dicts and lists; `target` is None when held, `hold` when not."""
        target, hold = self.resolution.reference, self.resolution.hold
        return {
            "name": self.tags.name,
            "mapping": str(self.mapping.file),
            "guid": self.tags.guid,
            "captured_at": self.tags.captured_at.isoformat() if self.tags.captured_at else None,
            "steps": [
                {"words": list(step.words), "rule": step.rule or None, "line": step.line, "sentence": step.sentence}
                for step in self.resolution.steps
            ],
            "unused": [word for step in self.resolution.steps if not step.rule for word in step.words],
            "target": _parts(target) if target else None,
            "hold": {"reason": hold.reason.value, "sentence": hold.sentence} if hold else None,
        }

    def _sentences(self) -> list[str]:
        said = []
        if self.tags.guid:
            said.append(f"`#{self.tags.guid}` read as the practice's guid")
        said += [step.sentence for step in self.resolution.steps]
        if self.tags.captured_at:
            said.append(f"taken at {self.tags.captured_at} by the phone's clock")
        return said

    def _result(self) -> str:
        if self.resolution.hold:
            return f"held ({self.resolution.hold.reason}): {self.resolution.hold.sentence}"
        target = self.resolution.reference
        parts = _parts(target).items() if target else ()
        return ", ".join(f"{part} {value}" for part, value in parts if value is not None)


def explain(name: str, mapping: Mapping) -> Explanation:
    """Parse and resolve a name, keeping what is needed to tell why."""
    tags = parse_name(name)
    return Explanation(tags, mapping, resolve(tags, mapping))


def _parts(target: TargetReference) -> dict[str, str | None]:
    return {
        "patient": str(target.patient),
        "type": target.type.value,
        "station": target.station,
        "clinic": str(target.clinic) if target.clinic else None,
    }
