"""Deletes an image with the caller's own token, and notes it twice: before the chart is asked, and when it is done."""

import itertools
import re
from collections.abc import Callable, Iterator

from bridge.charting.access import Caller
from bridge.charting.audit import Action
from bridge.charting.charts import Chart
from bridge.charting.messages import closed_on_error
from bridge.charting.noting import Notes
from bridge.charting.repeats import RepeatedPosts
from bridge.tscharts import RelayAnswer, RelayRequest

_HEAD_BYTES = 256
IMAGE_HEAD = re.compile(rb'\s*\{\s*"id"\s*:\s*([0-9]{1,18}),\s*"patient"\s*:\s*([0-9]{1,18})\b')
"""How tscharts begins an image: its number, and its patient's."""

ImageGone = Callable[[Chart, int], None]
"""Hears that an image is gone from a chart: what is kept of it may go, too."""


def nobody_hears(_chart: Chart, _image_id: int) -> None:
    """The ImageGone of those who keep nothing."""


class Deletions:
    """Deletes images; for any thread. `gone` hears of each that is gone."""

    def __init__(self, notes: Notes, repeats: RepeatedPosts, gone: ImageGone = nobody_hears) -> None:
        self._notes = notes
        self._repeats = repeats
        self._gone = gone

    def delete(
        self,
        chart: Chart,
        caller: Caller,
        image_id: int,
        look: RelayRequest,
        delete: Callable[[], RelayAnswer],
        reason: str = "",
    ) -> RelayAnswer:
        """The chart's answer to `delete`, its body still to be read. `look` asks for the image with the caller's token:
        whose it was is asked before, as afterwards nobody can tell. Raises ChartError, and what noting it raises.
        """
        is_there, patient = _patient_of(chart, look)
        if is_there:
            self._notes.note(caller, chart, Action.DELETING, image_id, patient, reason)
        answer = delete()
        if 200 <= answer.status < 300:
            with closed_on_error(answer.close):
                self._notes.note(caller, chart, Action.DELETED, image_id, patient, reason)
                self._repeats.forget_image(image_id)
                self._gone(chart, image_id)
        return answer


def with_head(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The beginning of a body, and the whole body."""
    taken: list[bytes] = []
    while sum(map(len, taken)) < _HEAD_BYTES and (piece := next(pieces, b"")):
        taken.append(piece)
    head = b"".join(taken)
    return head, itertools.chain((head,) if head else (), pieces)


def _patient_of(chart: Chart, look: RelayRequest) -> tuple[bool, int | None]:
    """Whether there may be such an image for this caller, and its patient, None when the chart does not tell, as of an
    image whose file is lost. Of its data only the beginning is read.
    """
    with chart.relay.open(look) as answer:
        if answer.status != 200:
            return answer.status >= 500, None
        head, _ = with_head(answer.pieces())
    match = IMAGE_HEAD.match(head)
    return True, int(match[2]) if match else None
