"""The charts that the doors lead to, and which of them is meant."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from bridge.charting.refusals import RefusedError
from bridge.targets import USUAL_LIMITS, ImageType, PictureLimits
from bridge.tscharts import ChartRelay


class BodyLimit(Protocol):
    """How large a request one chart server takes, as far as is known. For any thread."""

    def limit_bytes(self) -> int:
        """The largest body to send now."""

    def was_taken(self, body_bytes: int) -> None:
        """The server took a body of this size."""

    def was_refused(self, body_bytes: int) -> None:
        """The server refused a body of this size as too large."""


@dataclass(frozen=True)
class FixedLimit:
    """A BodyLimit that is known and never changes."""

    fixed_bytes: int

    def limit_bytes(self) -> int:
        """See BodyLimit."""
        return self.fixed_bytes

    def was_taken(self, body_bytes: int) -> None:
        """See BodyLimit."""

    def was_refused(self, body_bytes: int) -> None:
        """See BodyLimit."""


def _usual_limits(kind: ImageType) -> PictureLimits:
    return USUAL_LIMITS[kind]


@dataclass(frozen=True)
class Chart:
    """One chart server and the practices that use it. `limits_of`: how far pictures of a type may be made smaller."""

    practices: frozenset[str]
    relay: ChartRelay
    body_limit: BodyLimit
    limits_of: Callable[[ImageType], PictureLimits] = field(default=_usual_limits)

    @property
    def key(self) -> str:
        """What tells charts apart: their address."""
        return self.relay.base

    @property
    def root(self) -> str:
        """The path of its API on its own server, `/tscharts/v1/` as shipped."""
        return urlsplit(self.relay.base).path


class Charts:
    """All charts of a bridge. `default_practice` is the one meant where none is named; with one chart, there is no
    need for it. Raises ValueError when no chart is that practice's.
    """

    def __init__(self, charts: Iterable[Chart], default_practice: str | None = None) -> None:
        self._all = tuple(charts)
        self._by_practice = {name: chart for chart in self._all for name in chart.practices}
        self._default = self._all[0] if len(self._all) == 1 else None
        if default_practice is not None:
            if default_practice not in self._by_practice:
                raise ValueError(f"there is no practice `{default_practice}` whose chart could be the default")
            self._default = self._by_practice[default_practice]

    def __iter__(self) -> Iterator[Chart]:
        return iter(self._all)

    def of(self, practice: str | None) -> Chart:
        """The chart of a practice, or the one meant where none is named. Raises RefusedError."""
        chart = self._default if practice is None else self._by_practice.get(practice)
        if chart is None and practice is None:
            raise RefusedError(
                404, "This bridge serves several charts; put /p/ and the practice's name before the address."
            )
        if chart is None:
            raise RefusedError(404, "This bridge has no practice of this name; check the address.")
        return chart
