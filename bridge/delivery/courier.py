"""Takes one claimed photo to the chart: find its target, prepare the picture, send it, read it back."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bridge.delivery import size_limits
from bridge.delivery.days import ClinicDays
from bridge.delivery.desk import Desk
from bridge.delivery.limit_book import LimitBook
from bridge.delivery.marks import MARK_BYTES, marked
from bridge.delivery.pictures import Pictures
from bridge.delivery.places import ChartPlaces
from bridge.delivery.settle import find_in_chart, is_as_sent
from bridge.holds import Hold, HoldReason
from bridge.imaging import image_bytes_for_body
from bridge.mapping import LateHeadshots, Mapping, locate, photo_occasion, resolve, taken_at
from bridge.photos import (
    Attempt,
    ClaimLostError,
    LearnedLimit,
    Outcome,
    Photo,
    Place,
    Receipt,
    RowConflictError,
    Store,
    order_key,
)
from bridge.settings import DeliverySettings, ReadBack
from bridge.tags import parse_name
from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import (
    ChartError,
    ChartLostError,
    ChartNotFoundError,
    ChartTooLargeError,
    ImagePost,
    body_overhead_bytes,
    prepare_post,
)

_log = logging.getLogger(__name__)
_AT_ONCE = timedelta(seconds=20)
"""What is recorded is sent within this time, far less than a claim lasts without being renewed."""


@dataclass(frozen=True)
class Courier:
    """Carries photos; one serves all workers."""

    store: Store
    settings: DeliverySettings
    pictures: Pictures
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    limits: LimitBook = field(init=False)
    places: ChartPlaces = field(init=False)
    days: ClinicDays = field(default_factory=ClinicDays)
    _restored_charts: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        """What it learns about charts' limits is the store's to remember."""
        object.__setattr__(self, "limits", LimitBook(self.store))
        object.__setattr__(self, "places", ChartPlaces(self.settings.workers))

    def carry(self, photo: Photo, desk: Desk) -> Receipt | Hold | None:
        """Deliver a claimed photo and record it, or say why it must be held (not yet recorded).

        None: only now is it known whose it is; it is back in the queue, in the right line. Raises ChartError when the
        chart failed; every attempt's outcome is recorded by then.
        """
        mapping = desk.mapping()
        # One version for all of this try, whatever is edited meanwhile.
        desk = replace(desk, mapping=lambda: mapping)
        if photo.assigned is not None:
            return self._carry_to(photo.assigned, photo, desk)
        photo = replace(photo, mapping_version=mapping.version_hash)
        target = self._target(photo, desk, mapping)
        outcome = target if isinstance(target, Hold) else self._carry_to(target, photo, desk)
        if isinstance(outcome, Hold):
            self.store.set_mapping_version(photo, mapping.version_hash)
        return outcome

    def _carry_to(self, target: ChartTarget, photo: Photo, desk: Desk) -> Receipt | Hold | None:
        if self._is_placed_anew(photo, desk, target):
            return None
        # A photo that is carried for the first time has left nothing in the chart.
        unsettled = self.store.unsettled_attempts(photo) if photo.attempts > 1 else []
        found = self._settle(photo, desk, target, unsettled)
        found = found or self._late(photo, desk, target)
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

    def _known(self, desk: Desk) -> Callable[[list[int]], dict[int, str]]:
        return lambda image_ids: self.store.known_hashes(desk.chart.url, image_ids)

    def _target(self, photo: Photo, desk: Desk, mapping: Mapping) -> ChartTarget | Hold:
        if photo.attempts > 1:
            # Somebody may have registered the patient or added the clinic since the chart was asked.
            desk.directory.forget()
        tags = parse_name(photo.name)
        occasion = photo_occasion(tags, desk.practice, photo.received_at, desk.time_zone, datetime.now(UTC))
        resolution = resolve(tags, mapping, occasion)
        if resolution.reference is None:
            return resolution.hold or _UNMAPPED
        day = self.days.of(photo, desk, resolution.reference)
        return locate(resolution.reference, desk.directory, day, mapping.require)

    def _taken_at(self, photo: Photo, desk: Desk) -> datetime:
        return taken_at(parse_name(photo.name), photo.received_at, desk.time_zone, datetime.now(UTC))

    def _is_placed_anew(self, photo: Photo, desk: Desk, target: ChartTarget) -> bool:
        """Whether this photo is in another line than the one it was claimed from, or elsewhere in it, as it came while
        this computer's clock was wrong; then it waits for its turn there.
        """
        place = Place(self._taken_at(photo, desk), order_key(target.patient, target.type), is_placed=True)
        if photo.place == place:
            return False
        self.store.place(photo, place)
        return True

    def _late(self, photo: Photo, desk: Desk, target: ChartTarget) -> Hold | None:
        """The hold of a headshot that would take the place of a newer one: the chart shows the one that came last.

        Images of other types are all shown, so they are sent whenever they come: to put them in order the chart's own
        would have to be taken away and sent again, under new numbers.
        """
        if target.type is not ImageType.HEADSHOT or photo.may_be_late:
            return None
        if desk.mapping().late_headshots is LateHeadshots.SEND:
            return None
        newest = self.store.newest_delivered(desk.chart.url, target.patient, target.type)
        return _OLDER if newest is not None and photo.place.order_at < newest else None

    def _fit_and_send(
        self, photo: Photo, desk: Desk, target: ChartTarget, lost: int | None, sends_left: int = size_limits.MOST_SENDS
    ) -> Receipt | Hold:
        """Send the best picture that fits; when it is refused as too large, a smaller one at once, but not for ever.

        `lost` is a size of body that this photo was lost with too often.
        """
        post = self._fitted(photo, desk, target, lost)
        if isinstance(post, Hold):
            return post
        try:
            attempt = self._start_attempt(photo, target, post)
            with self.places.at(desk.chart.url):
                attempt = self._still_at_once(attempt, photo, target, post)
                image_id = self._create(desk, attempt, post)
        except ChartTooLargeError as error:
            self._learn_refused(photo, desk, error)
            if sends_left <= 1:
                raise
            return self._fit_and_send(photo, desk, target, lost, sends_left - 1)
        try:
            return self._confirm(photo, desk, attempt, post, image_id)
        except ClaimLostError:
            # Whoever has the photo now sends it too, or has done so: one of the two images is a duplicate.
            self._leave_unknown(attempt, post)
            raise

    def _still_at_once(self, attempt: Attempt, photo: Photo, target: ChartTarget, post: ImagePost) -> Attempt:
        """The attempt, recorded anew when its place at the chart came so late that the claim may be lost: the chart
        may hang, or this machine may have been suspended. Raises ClaimLostError.
        """
        if datetime.now(UTC) - attempt.started_at > _AT_ONCE:
            self.store.end_attempt(attempt, Outcome.NOT_STORED)
            attempt = self._start_attempt(photo, target, post)
        return attempt

    def _start_attempt(self, photo: Photo, target: ChartTarget, post: ImagePost) -> Attempt:
        look_at = self._look_at() if isinstance(post, _MarkedPost) else None
        return self.store.start_attempt(photo, target, post.data_sha256, post.data_length, look_at)

    def _look_at(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.settings.late_look_seconds)

    def _leave_unknown(self, attempt: Attempt, post: ImagePost) -> None:
        """The image may be in the chart. It is looked for, even if somebody has given it up meanwhile."""
        self.store.end_attempt(attempt, Outcome.UNKNOWN)
        if isinstance(post, _MarkedPost):
            self.store.look_again([attempt.id], self._look_at())

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
        if isinstance(picture, Hold):
            return picture
        data = marked(picture.data)
        if data is None:
            return prepare_post(target, picture.data)
        if len(data) > most:
            return self._post(photo, desk, target, body_limit_bytes - 2 * MARK_BYTES)
        post = prepare_post(target, data)
        return _MarkedPost(post.body, post.data_sha256, post.data_length)

    def _create(self, desk: Desk, attempt: Attempt, post: ImagePost) -> int:
        try:
            return desk.client.create_image(post)
        except ChartError as error:
            if error.outcome_unknown:
                self._leave_unknown(attempt, post)
            else:
                self.store.end_attempt(attempt, Outcome.NOT_STORED)
            raise

    def _confirm(self, photo: Photo, desk: Desk, attempt: Attempt, post: ImagePost, image_id: int) -> Receipt | Hold:
        if not self._wants_read_back(photo) and not self._known(desk)([image_id]):
            return self._deliver(photo, desk, attempt, image_id, read_back=False)
        try:
            with self.places.at(desk.chart.url):
                image = desk.client.read_image(image_id)
        except ChartNotFoundError:
            # tscharts has an image from the moment it names it, so somebody took it away, with its patient perhaps,
            # or another server answered. To look, and then to send again, is right for each of these.
            self.store.end_attempt(attempt, Outcome.UNKNOWN)
            raise ChartLostError(_gone(image_id), outcome_unknown=True, status=404) from None
        if not is_as_sent(image, attempt, post):
            self.store.end_attempt(attempt, Outcome.UNKNOWN)
            return _differs(image_id)
        return self._deliver(photo, desk, attempt, image_id, read_back=True)

    def _learned(self, desk: Desk) -> LearnedLimit:
        return self.limits.known(desk.chart.url)

    def _learn(self, desk: Desk, change: Callable[[LearnedLimit], LearnedLimit]) -> bool:
        return self.limits.learn(desk.chart.url, change)

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
            if not self._has_lost_another(desk, receipt):
                # Another photo with the same picture has taken this image for its own; look again in a while.
                self.store.end_attempt(attempt, Outcome.UNKNOWN)
                raise ChartLostError(outcome_unknown=True) from None
            self.store.deliver(photo, receipt, attempt)
        self._learn(desk, lambda known: size_limits.after_taken(known, _body_bytes(attempt)))
        return receipt

    def _has_lost_another(self, desk: Desk, seen: Receipt) -> bool:
        """Whether the chart has lost the image of this number that another photo had, as what was read back from there
        is this photo's. Charts give numbers again when they were restored from a backup. It is told of once.
        """
        lost = self.store.forget_stale_receipt(seen) if seen.read_back else None
        if lost is None:
            return False
        _log.warning("event=receipt-stale photo=%d image=%d", lost, seen.image_id)
        if desk.chart.url not in self._restored_charts:
            self._restored_charts.add(desk.chart.url)
            _log.error("event=chart-lost-images practice=%s reason=%r", desk.practice, _RESTORED)
        return True


_RESTORED = (
    "The chart gives numbers to new images that older ones had, so it has lost images, as after a restore from a "
    "backup; ask its operator what was lost. The history of each photo that is found lost says so."
)
_UNMAPPED = Hold(HoldReason.NO_PATIENT, "The file name says nothing that the mapping file knows; assign it by hand.")


_OLDER = Hold(
    HoldReason.OLDER_THAN_CHART,
    "The chart has a newer headshot of this patient already, and it shows the one that came last; retry this photo to "
    "show it in place of the newer one, or discard it.",
)


class _MarkedPost(ImagePost):
    """A POST of a picture that carries a mark, so that its hash is of this one attempt alone."""


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
