"""What people do to photos by hand, at the command line or through a door: the checks that all of them make."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bridge.errors import BridgeError
from bridge.holds import Hold
from bridge.imaging import PictureError, Workshop
from bridge.mapping import TargetReference, clinic_day, locate
from bridge.photos import BytesMissingError, Photo, PhotoState, Store
from bridge.tags import parse_name
from bridge.targets import ChartTarget
from bridge.tscharts import ChartClient, ChartDirectory


class NoPlaceError(BridgeError):
    """The chart has no such place; nothing was done."""


class NotShownError(BridgeError):
    """The photo cannot be shown."""


def located(
    photo: Photo, reference: TargetReference, client: ChartClient, time_zone: ZoneInfo
) -> tuple[ChartTarget, str]:
    """The place in the chart that somebody gives a photo, and the patient's name, to see that it is the right one.

    Raises NoPlaceError with a sentence when there is none, ChartError.
    """
    day = clinic_day(parse_name(photo.name), photo.received_at, time_zone, datetime.now(UTC))
    found = locate(reference, ChartDirectory(client), day)
    if isinstance(found, Hold):
        wrong = found.sentence.partition(";")[0]
        raise NoPlaceError(f"{wrong}; photo {photo.id} is not assigned, so correct that and do it again.")
    patient = client.patient(found.patient)
    return found, patient.full_name if patient else "not in the chart any more"


def shown(store: Store, photo: Photo, workshop: Workshop, edge: int) -> bytes:
    """A JPEG of what can be read of a photo, damaged or not, at most so many pixels wide and high.

    Raises NotShownError when nothing can be, BytesMissingError, WorkshopError.
    """
    try:
        return workshop.preview(store.original(photo), edge)
    except PictureError as error:
        raise NotShownError(f"Photo {photo.id} cannot be shown: {error.hold.sentence}") from None
    except FileNotFoundError:
        raise BytesMissingError from None


def waits_for(photo: Photo, trouble: str | None) -> dict[str, str | None]:
    """When a photo in the queue is tried next, and what keeps its practice's photos waiting, if anything does."""
    if photo.state is not PhotoState.QUEUED:
        return {"next_attempt_at": None, "waiting_for": None}
    return {"next_attempt_at": photo.next_attempt_at.isoformat(), "waiting_for": trouble}
