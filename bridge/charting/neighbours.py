"""Where an image stands among a patient's images, so that people can go from one to the next."""

from dataclasses import dataclass

from bridge.charting.chart_reader import ChartReader, no_image


@dataclass(frozen=True)
class Neighbours:
    """The images beside one in a patient's list, by their ids; None at its ends. `place` counts from 1, the newest, to
    `total`.
    """

    newer: int | None
    older: int | None
    place: int
    total: int


def neighbours_of(reader: ChartReader, image_id: int, patient: int, image_type: str | None = None) -> Neighbours:
    """The neighbours among all images of the patient, or among those of a type. Raises RefusedError: 404 when the image
    is none of them.
    """
    ids = reader.image_ids(patient, type=image_type)
    if image_id not in ids:
        raise no_image()
    at = ids.index(image_id)
    newer, older = ids[at - 1 : at], ids[at + 1 : at + 2]
    return Neighbours(newer[0] if newer else None, older[0] if older else None, at + 1, len(ids))
