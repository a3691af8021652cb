"""Why a picture cannot go to the chart, as a hold for charting staff."""

from bridge.errors import BridgeError
from bridge.holds import Hold, HoldReason


class PictureError(BridgeError):
    """The picture cannot be sent to the chart; look at it and send another.

    `hold` holds the reason (NOT_A_PICTURE, DAMAGED_PICTURE or TOO_LARGE) and the sentence.
    """

    def __init__(self, reason: HoldReason, sentence: str) -> None:
        self.hold = Hold(reason, sentence)
        super().__init__(sentence)


def damaged(what: str) -> PictureError:
    """The hold of a picture that is not whole. `what` says how it shows: "it is cut short"."""
    return PictureError(
        HoldReason.DAMAGED_PICTURE,
        f"This picture is damaged ({what}), so it was not sent to the chart; "
        "send the photo again or take a new one, then discard this one.",
    )


def not_a_picture(what: str, next_step: str) -> PictureError:
    """The hold of a file that holds no picture the chart can show. `what`: "is a PDF document"."""
    return PictureError(HoldReason.NOT_A_PICTURE, f"This file {what}; {next_step}.")


def too_large(what: str, next_step: str) -> PictureError:
    """The hold of a picture with too many pixels or bytes. `what`: "has 90000 x 90000 pixels, more than ..."."""
    return PictureError(HoldReason.TOO_LARGE, f"This picture {what}; {next_step}.")
