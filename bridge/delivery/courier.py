"""Takes one claimed photo to the chart: find its target, prepare the picture, send it, read it back."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bridge.delivery import size_limits
from bridge.delivery.pictures import Pictures
from bridge.delivery.settle import find_in_chart, matches
from bridge.holds import Hold, HoldReason
from bridge.imaging import image_bytes_for_body
from bridge.mapping import Mapping, clinic_day, locate, resolve
from bridge.photos import Attempt, LearnedLimit, Outcome, Photo, Receipt, RowConflictError, Store
from bridge.settings import ChartSettings, DeliverySettings, ReadBack
from bridge.tags import Tags, parse_name
from bridge.targets import ChartTarget
from bridge.tscharts import (
    ChartClient,
    ChartDirectory,
    ChartError,
    ChartLostError,
    ChartNotFoundError,
    ChartTooLargeError,
    ImagePost,
    body_overhead_bytes,
    prepare_post,
)

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
    """Carries photos; one serves all workers. What it learns about charts' limits is the store's to remember."""

    store: Store
    settings: DeliverySettings
    pictures: Pictures
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def carry(self, photo: Photo, desk: Desk) -> Receipt | Hold:
        """Deliver a claimed photo and record it, or say why it must be held (not yet recorded).

        Raises ChartError when the chart failed; every attempt's outcome is recorded by then.
        """
        target = self._target(photo, desk)
        if isinstance(target, Hold):
            return target
        unsettled = self.store.unsettled_attempts(photo)
        found = self._settle(photo, desk, target, unsettled)
        if found is not None:
            return found
        lost = size_limits.lost_bytes(map(_body_bytes, unsettled), self._learned(desk)) if unsettled else None
        outcome = self._fit_and_send(photo, desk, target, lost)
        if lost is not None and isinstance(outcome, Receipt):
            self._learn(desk, lambda known: size_limits.after_lost(known, lost, datetime.now(UTC)))
        return outcome

    def _settle(self, photo: Photo, desk: Desk, target: ChartTarget, unsettled: list[Attempt]) -> Receipt | Hold | None:
        """After an unknown outcome: look in the chart whether the image is there already, and adopt it.

        One that went to another place than where the photo belongs now is a person's to take away.
        """
        for attempt in unsettled:
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

    def _fit_and_send(
        self, photo: Photo, desk: Desk, target: ChartTarget, lost: int | None, sends_left: int = size_limits.MOST_SENDS
    ) -> Receipt | Hold:
        """Send the best picture that fits; when it is refused as too large, a smaller one at once, but not for ever.

        `lost` is a size of body that this photo was lost with too often.
        """
        post = self._fitted(photo, desk, target, lost)
        if isinstance(post, Hold):
            return post
        attempt = self.store.start_attempt(photo, target, post.data_sha256, post.data_length)
        try:
            image_id = self._create(desk, attempt, post)
        except ChartTooLargeError as error:
            self._learn_refused(photo, desk, error)
            if sends_left <= 1:
                raise
            return self._fit_and_send(photo, desk, target, lost, sends_left - 1)
        return self._confirm(photo, desk, attempt, image_id)

    def _learn_refused(self, photo: Photo, desk: Desk, error: ChartTooLargeError) -> None:
        """Lower the chart's limit. Raises ChartError when small requests fail too: then it was not the size."""
        if error.status != 413:
            desk.client.check()
        _log.info("event=too-large photo=%d body_bytes=%d", photo.id, error.body_bytes)
        self._learn(desk, lambda known: size_limits.after_refused(known, error.body_bytes, datetime.now(UTC)))

    def _fitted(self, photo: Photo, desk: Desk, target: ChartTarget, lost: int | None) -> ImagePost | Hold:
        """The photo's POST within the limit that is known by now; rarely a larger one, to see whether it is taken."""
        fixed, now = desk.chart.body_limit_bytes, datetime.now(UTC)
        known = size_limits.for_this_run(self._learned(desk), fixed, self.started_at)
        limit = size_limits.body_limit_bytes(known, fixed)
        if lost is not None:
            return self._post(photo, desk, target, min(limit, size_limits.step_below(lost)))
        larger = size_limits.probe_bytes(known, fixed, now)
        if larger is not None and photo.size_bytes > image_bytes_for_body(limit):
            post = self._post(photo, desk, target, larger)
            if isinstance(post, Hold) or len(post.body) <= limit:
                return post
            if self._learn(desk, lambda known: size_limits.before_probe(known, now)):
                return post
        return self._post(photo, desk, target, limit)

    def _post(self, photo: Photo, desk: Desk, target: ChartTarget, body_limit_bytes: int) -> ImagePost | Hold:
        most = image_bytes_for_body(body_limit_bytes, body_overhead_bytes(target))
        picture = self.pictures.prepared(photo, desk.mapping().limits_of(target.type), most)
        return picture if isinstance(picture, Hold) else prepare_post(target, picture.data)

    def _create(self, desk: Desk, attempt: Attempt, post: ImagePost) -> int:
        try:
            return desk.client.create_image(post)
        except ChartError as error:
            self.store.end_attempt(attempt, Outcome.UNKNOWN if error.outcome_unknown else Outcome.NOT_STORED)
            raise

    def _confirm(self, photo: Photo, desk: Desk, attempt: Attempt, image_id: int) -> Receipt | Hold:
        if not self._wants_read_back(photo):
            return self._deliver(photo, desk, attempt, image_id, read_back=False)
        try:
            image = desk.client.read_image(image_id)
        except ChartNotFoundError:
            # tscharts has an image from the moment it names it, so somebody took it away, with its patient perhaps,
            # or another server answered. To look, and then to send again, is right for each of these.
            self.store.end_attempt(attempt, Outcome.UNKNOWN)
            raise ChartLostError(_gone(image_id), outcome_unknown=True, status=404) from None
        if not matches(image, attempt):
            self.store.end_attempt(attempt, Outcome.UNKNOWN)
            return _differs(image_id)
        return self._deliver(photo, desk, attempt, image_id, read_back=True)

    def _learned(self, desk: Desk) -> LearnedLimit:
        return self.store.learned_limit(desk.chart.url)

    def _learn(self, desk: Desk, change: Callable[[LearnedLimit], LearnedLimit]) -> bool:
        return self.store.learn_limit(desk.chart.url, change)

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
        self._learn(desk, lambda known: size_limits.after_taken(known, _body_bytes(attempt)))
        return receipt


_UNMAPPED = Hold(HoldReason.NO_PATIENT, "The file name says nothing that the mapping file knows; assign it by hand.")


def _body_bytes(attempt: Attempt) -> int:
    """The size of the body that an attempt sent."""
    return attempt.data_length + body_overhead_bytes(attempt.target)


def _gone(image_id: int) -> str:
    return f"The chart took image {image_id} but does not know it any more; the bridge will look and send it again."


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
