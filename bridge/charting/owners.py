"""Deletes what images belong to: tscharts takes all images of a patient, a clinic or a station along with it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from bridge.charting.access import Caller
from bridge.charting.audit import Action
from bridge.charting.chart_reader import odd_answer
from bridge.charting.charts import Chart
from bridge.charting.deleting import ImageGone
from bridge.charting.messages import Asked, closed_on_error
from bridge.charting.noting import Notes
from bridge.charting.repeats import RepeatedPosts
from bridge.tscharts import RelayAnswer

OWNERS = frozenset({"patient", "clinic", "station"})
_PATH = re.compile(r"(patient|clinic|station)/0*([0-9]{1,18})/?", re.ASCII)
_LIST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Owner:
    """A patient, clinic or station, by its number in the chart."""

    resource: str
    number: int

    @property
    def path(self) -> str:
        """Its address after `/tscharts/v1/`."""
        return f"{self.resource}/{self.number}/"

    @property
    def patient(self) -> int | None:
        """The patient that it is, None for what is none."""
        return self.number if self.resource == "patient" else None


def owner_at(path: str) -> Owner | None:
    """Whose own address this is, None for any other address."""
    match = _PATH.fullmatch(path)
    return Owner(match[1], int(match[2])) if match else None


class OwnerDeletions:
    """Deletes owners of images; for any thread. `gone` hears of each image that went along."""

    def __init__(self, notes: Notes, repeats: RepeatedPosts, gone: ImageGone) -> None:
        self._notes = notes
        self._repeats = repeats
        self._gone = gone

    def delete(
        self, asked: Asked, chart: Chart, caller: Caller, owner: Owner, delete: Callable[[], RelayAnswer]
    ) -> RelayAnswer:
        """The chart's answer to `delete`, its body still to be read. Which images go along is asked before, and each is
        noted. Raises RefusedError (502) when the chart does not say; ChartError, and what noting it raises.
        """
        is_there = _status(asked, chart, owner.path) not in (401, 403, 404)
        images = _images(asked, chart, owner) if is_there else []
        if is_there:
            self._note(caller, chart, Action.DELETING, owner, images)
        answer = delete()
        if 200 <= answer.status < 300:
            with closed_on_error(answer.close):
                self._note(caller, chart, Action.DELETED, owner, images)
                for image_id in images:
                    self._repeats.forget_image(image_id)
                    self._gone(chart, image_id)
        return answer

    def _note(self, caller: Caller, chart: Chart, action: Action, owner: Owner, images: list[int]) -> None:
        """One event says what was deleted, and one for each image that it went along."""
        whole = f"{owner.path} as a whole, with {len(images)} images"
        events = [self._notes.event(caller, chart, action, None, owner.patient, whole)]
        events += [
            self._notes.event(caller, chart, action, image_id, owner.patient, f"along with {owner.path}")
            for image_id in images
        ]
        self._notes.note_all(events)


def _status(asked: Asked, chart: Chart, path: str) -> int:
    with chart.relay.open(asked.aside("GET", path)) as answer:
        return answer.status


def _images(asked: Asked, chart: Chart, owner: Owner) -> list[int]:
    with chart.relay.open(asked.aside("GET", f"image/?{owner.resource}={owner.number}")) as answer:
        if answer.status == 404:
            return []
        if answer.status != 200:
            raise odd_answer()
        body = answer.read(_LIST_BYTES)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise odd_answer() from None
    if not isinstance(found, list) or not all(type(each) is int for each in found):
        raise odd_answer()
    return found
