"""The work on one picture, in this process. A serving bridge leaves it to workers, so decoders are imported late."""

from bridge.imaging.limits import Limits, Prepared


def prove(original: bytes, limits: Limits) -> None:
    """See whether a file holds a whole picture, however large it would be in the chart. Raises as `prepare`."""
    from bridge.imaging import preparing

    preparing.prove(original, limits)


def prepare(original: bytes, limits: Limits, *, as_is: bool = False, is_proved: bool = False) -> Prepared:
    """Make the picture in a file ready for the chart.

    `as_is`: a damaged picture too, as far as it can be read, because a person has looked at its preview and wants it
    sent. `is_proved`: `prove` has found it whole, so it need not be decoded just to know that. Raises PictureError with
    a hold: NOT_A_PICTURE, DAMAGED_PICTURE (otherwise it is never sent in part), or TOO_LARGE (too many pixels, or no
    way to fit `limits`).
    """
    from bridge.imaging import preparing

    return preparing.prepare(original, limits, as_is=as_is, is_proved=is_proved)


def preview(original: bytes, edge: int) -> bytes:
    """A JPEG at most `edge` pixels wide and high of all that can be read of the picture in a file, upright.

    For people to look at, not for the chart. Raises PictureError when there is nothing to see.
    """
    from bridge.imaging import preparing

    return preparing.preview(original, edge)
