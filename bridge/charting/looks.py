"""Which picture an answer of the chart holds, told before it goes out."""

from dataclasses import dataclass

from bridge.charting.charts import Chart
from bridge.charting.deleting import IMAGE_HEAD, with_head
from bridge.charting.messages import Asked
from bridge.charting.refusals import RefusedError

_NOT_TOLD = (
    "The bridge cannot tell which picture the chart shows here, so it is not passed on; ask again, for JSON, and tell "
    "the clinic's admin if it goes on."
)


@dataclass(frozen=True)
class Shown:
    """The image and its patient that an answer holds, by their chart ids; a list of numbers holds none."""

    image_id: int | None = None
    patient: int | None = None


def shown_in(head: bytes) -> Shown | None:
    """What a whole JSON body holds that begins like this, None when that cannot be told."""
    if head.lstrip().startswith(b"["):
        return Shown()
    match = IMAGE_HEAD.match(head)
    return Shown(int(match[1]), int(match[2])) if match else None


def shown_aside(asked: Asked, chart: Chart) -> Shown:
    """What is asked for, as JSON tells it: pages for web browsers, and parts of answers, do not. Raises RefusedError
    (502) when the chart does not tell either; ChartError.
    """
    parameters = [asked.query] if asked.query else []
    if "format" in asked.query:
        parameters.append("format=json")
    path = f"{asked.path}?{'&'.join(parameters)}" if parameters else asked.path
    with chart.relay.open(asked.aside("GET", path)) as answer:
        head = with_head(answer.pieces())[0] if answer.status == 200 else b""
    shown = shown_in(head)
    if shown is None:
        raise RefusedError(502, _NOT_TOLD)
    return shown
