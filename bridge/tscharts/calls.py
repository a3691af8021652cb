"""One request to the chart server and its answer, as plain values."""

from dataclasses import dataclass, field

ANSWER_BYTES = 8 * 1024 * 1024
"""The largest answer read, but for images."""

IMAGE_ANSWER_BYTES = 64 * 1024 * 1024
"""The largest answer read that holds an image."""

_SLOWEST_BYTES_PER_SECOND = 16 * 1024


@dataclass(frozen=True)
class Call:
    """A request. `path` follows `/tscharts/v1/` and ends in a slash (without it tscharts answers 301).

    `changes`: the chart may be another one afterwards, so a lost answer leaves the outcome unknown.
    """

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    changes: bool = False
    largest_answer_bytes: int = ANSWER_BYTES

    @property
    def body_bytes(self) -> int:
        """Size of the body, 0 when there is none."""
        return len(self.body or b"")

    def limit_seconds(self, connect_seconds: float, read_seconds: float) -> float:
        """The most that the whole exchange may take: the timeouts, and time to send the body over a thin line."""
        return connect_seconds + read_seconds + self.body_bytes / _SLOWEST_BYTES_PER_SECOND


@dataclass(frozen=True)
class Answer:
    """A status, the headers that matter ("" when absent) and the body. `whole`: the body was read to its end."""

    status: int
    body: bytes = field(repr=False)
    whole: bool = True
    content_type: str = ""
    location: str = field(default="", repr=False)
    date: str = ""
    retry_after: str = ""

    @property
    def is_json(self) -> bool:
        """Whether the answer calls itself JSON; an answer that calls itself nothing may be."""
        return not self.content_type or "json" in self.content_type.lower()

    @property
    def is_page(self) -> bool:
        """Whether this is a page of text, where tscharts itself answers with JSON or an empty body."""
        return bool(self.body.strip()) and not self.is_json
