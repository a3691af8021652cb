"""Takes one claimed photo to the chart: find its target, prepare the picture, send it, read it back."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bridge.delivery.settle import find_in_chart, matches
from bridge.holds import Hold, HoldReason
from bridge.imaging import Limits, PictureError, Prepared, image_bytes_for_body, prepare
from bridge.mapping import Mapping, clinic_day, locate, resolve
from bridge.photos import Attempt, BytesMissingError, Outcome, Photo, Receipt, RowConflictError, Store
from bridge.settings import ChartSettings, DeliverySettings, ReadBack
from bridge.tags import Tags, parse_name
from bridge.targets import ChartTarget
from bridge.tscharts import ChartClient, ChartDirectory, ChartError, ChartLostError, ImagePost, prepare_post

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Desk:
    """What the delivery of one practice's photos needs. `mapping` gives the version of its mapping now in force."""

    practice: str
    chart: ChartSettings
    client: ChartClient
    directory: ChartDirectory
    mapping: Callable[[], Mapping]
    time_zone: ZoneInfo


@dataclass(frozen=True)
class Courier:
    """Carries photos. Stateless; one serves all workers."""

    store: Store
    settings: DeliverySettings
    max_pixels: int

    def carry(self, photo: Photo, desk: Desk) -> Receipt | Hold:
        """Deliver a claimed photo and record it, or say why it must be held (not yet recorded).

        Raises ChartError when the chart failed; every attempt's outcome is recorded by then.
        """
        target = self._target(photo, desk)
        if isinstance(target, Hold):
            return target
        found = self._settle(photo, desk, target)
        if found is not None:
            return found
        picture = self._picture(photo, desk)
        if isinstance(picture, Hold):
            return picture
        return self._send(photo, desk, target, prepare_post(target, picture.data))

    def _settle(self, photo: Photo, desk: Desk, target: ChartTarget) -> Receipt | Hold | None:
        """After an unknown outcome: look in the chart whether the image is there already, and adopt it.

        One that went to another place than where the photo belongs now is a person's to take away.
        """
        for attempt in self.store.unsettled_attempts(photo):
            image_id = find_in_chart(attempt, desk.client, self._known(desk))
            if image_id is not None and attempt.target != target:
                return _elsewhere(image_id, attempt.target)
            if image_id is not None:
                _log.info("event=adopted photo=%d image=%d", photo.id, image_id)
                return self._deliver(photo, desk, attempt, image_id, read_back=True)
        return None

    def _known(self, desk: Desk) -> Callable[[list[int]], set[int]]:
        return lambda image_ids: self.store.known_images(desk.chart.url, image_ids)

    def _target(self, photo: Photo, desk: Desk) -> ChartTarget | Hold:
        if photo.assigned is not None:
            return photo.assigned
        if photo.attempts > 1:
            # Somebody may have registered the patient or added the clinic since the chart was asked.
            desk.directory.forget()
        mapping = desk.mapping()
        tags = parse_name(photo.name)
        if photo.mapping_version != mapping.version_hash:
            self.store.set_mapping_version(photo, mapping.version_hash)
        resolution = resolve(tags, mapping)
        if resolution.reference is None:
            return resolution.hold or _UNMAPPED
        return locate(resolution.reference, desk.directory, self._day(photo, tags, desk))

    def _day(self, photo: Photo, tags: Tags, desk: Desk) -> date:
        return clinic_day(tags, photo.received_at, desk.time_zone)

    def _picture(self, photo: Photo, desk: Desk) -> Prepared | Hold:
        limits = Limits(
            max_image_bytes=image_bytes_for_body(desk.chart.body_limit_bytes),
            max_pixels=self.max_pixels,
            longest_edge=None,
        )
        try:
            return prepare(self.store.bytes_of(photo), limits)
        except PictureError as error:
            return error.hold
        except BytesMissingError:
            return _LOST

    def _send(self, photo: Photo, desk: Desk, target: ChartTarget, post: ImagePost) -> Receipt | Hold:
        attempt = self.store.start_attempt(photo, target, post.data_sha256, post.data_length)
        try:
            image_id = desk.client.create_image(post)
        except ChartError as error:
            self.store.end_attempt(attempt, Outcome.UNKNOWN if error.outcome_unknown else Outcome.NOT_STORED)
            raise
        if not self._wants_read_back(photo):
            return self._deliver(photo, desk, attempt, image_id, read_back=False)
        if not matches(desk.client.read_image(image_id), attempt):
            self.store.end_attempt(attempt, Outcome.UNKNOWN)
            return _differs(image_id)
        return self._deliver(photo, desk, attempt, image_id, read_back=True)

    def _wants_read_back(self, photo: Photo) -> bool:
        """Always; or for a sample; after an unknown outcome in any case."""
        if self.settings.read_back is ReadBack.ALWAYS or photo.attempts > 1:
            return True
        return self.settings.read_back is ReadBack.SAMPLE and photo.id % self.settings.sample_every == 0

    def _deliver(self, photo: Photo, desk: Desk, attempt: Attempt, image_id: int, *, read_back: bool) -> Receipt:
        receipt = Receipt(
            photo_id=photo.id,
            chart=desk.chart.url,
            image_id=image_id,
            target=attempt.target,
            data_sha256=attempt.data_sha256,
            data_length=attempt.data_length,
            read_back=read_back,
            delivered_at=datetime.now(UTC),
        )
        try:
            self.store.deliver(photo, receipt, attempt)
        except RowConflictError:
            # Another photo with the same picture has taken this image for its own; look again in a while.
            self.store.end_attempt(attempt, Outcome.UNKNOWN)
            raise ChartLostError(outcome_unknown=True) from None
        return receipt


_UNMAPPED = Hold(HoldReason.NO_PATIENT, "The file name says nothing that the mapping file knows; assign it by hand.")
_LOST = Hold(
    HoldReason.BYTES_MISSING,
    "The photo's file is gone from the bridge's data folder; restore it from a backup and retry, or discard it.",
)


def _elsewhere(image_id: int, target: ChartTarget) -> Hold:
    return Hold(
        HoldReason.CHART_DIFFERS,
        f"An earlier try put this photo into the chart as image {image_id} of patient {target.patient}, which is not "
        "where it belongs now; delete that image in the chart, then retry.",
    )


def _differs(image_id: int) -> Hold:
    return Hold(
        HoldReason.CHART_DIFFERS,
        f"The chart gave image {image_id} back changed; delete that image in the chart, then retry.",
    )
