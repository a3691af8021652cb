"""An image and a patient of the chart in words, for people to see whether they are the right ones."""

from bridge.charting import ImageObject
from bridge.tscharts import ChartPatient, Clinic


def size_of(size_bytes: int | None) -> str:
    """`700 kB`; what the chart cannot read has no size."""
    return "unreadable" if size_bytes is None else f"{-(-size_bytes // 1000)} kB"


def day_of(image: ImageObject, clinic: Clinic | None) -> str:
    """When it was taken, by the phone's clock; the clinic's days where that is not known, "" without a clinic."""
    if image.taken_at is not None:
        return f"{image.taken_at:%Y-%m-%d %H:%M}"
    if clinic is None:
        return ""
    return f"{clinic.start}" if clinic.start == clinic.end else f"{clinic.start} to {clinic.end}"


def image_line(image: ImageObject) -> str:
    """An image in one line."""
    words = [image.type or "of unknown type", size_of(image.size_bytes)]
    words += [f"{image.width}x{image.height}"] if image.width else []
    words += [f"taken {day_of(image, None)}"] if image.taken_at else []
    words += [f"sent by this bridge as photo {image.photo_id} of {image.practice}"] if image.is_ours else []
    return f"Image {image.id}: {', '.join(words)}"


def patient_line(number: int | None, patient: ChartPatient | None) -> str:
    """A patient in one line, with what a person needs to be sure who it is."""
    if number is None:
        return "patient unknown: the chart cannot tell whose it is"
    if patient is None:
        return f"patient {number}, whom the chart does not have"
    born = f"born {patient.dob}" if patient.dob else "birth date unknown"
    return ", ".join(word for word in (f"patient {number}: {patient.full_name}", born, patient.gender) if word)
