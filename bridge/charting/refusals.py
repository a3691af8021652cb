"""What the charting doors refuse by themselves: one shape for all of it, problem details (RFC 9457)."""

import json
from collections.abc import Callable
from http import HTTPStatus

from bridge.errors import BridgeError
from bridge.tscharts import ChartBusyError, ChartError, ChartUnreachableError

PROBLEM_TYPE = "application/problem+json"

_UNREACHABLE = (
    "The chart server cannot be reached, so nothing was done; try again, and tell the clinic's admin if it goes on."
)
_LOST = (
    "The chart server did not answer to the end, so it is not known whether this was done; look before you send it "
    "again, and tell the clinic's admin if it goes on."
)

_FAILED = "The bridge failed on this request; try it again, and tell the clinic's admin if it fails again."


class RefusedError(BridgeError):
    """The bridge does not do what was asked: a status, one sentence that says why, and further headers.

    What differs from case to case stands in the sentence as `%(name)s`, with its value behind, so that pages can say it
    in another language.
    """

    def __init__(self, status: int, sentence: str, *headers: tuple[str, str], **values: object) -> None:
        self.status = status
        self.sentence = sentence % values if values else sentence
        self.headers = headers
        self._said = sentence
        self._values = values
        super().__init__(self.sentence)

    def said_by(self, translate: Callable[..., str]) -> str:
        """The sentence as something like gettext says it, which gets the values by their names."""
        return translate(self._said, **self._values)

    def body(self) -> bytes:
        """The problem as JSON. Its `detail` is where tscharts has its sentences, too."""
        members = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.sentence,
        }
        return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


def chart_trouble(error: ChartError) -> RefusedError:
    """The refusal for a chart that could not be asked."""
    if isinstance(error, ChartBusyError):
        return RefusedError(503, str(error), ("Retry-After", "5"))
    if isinstance(error, ChartUnreachableError):
        return RefusedError(502, _UNREACHABLE)
    return RefusedError(504, _LOST)


def failure(error: Exception) -> RefusedError:
    """The refusal for what nobody thought of; only the bridge's own sentences go out."""
    return RefusedError(500, str(error) if isinstance(error, BridgeError) else _FAILED)
