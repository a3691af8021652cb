"""Why a picture cannot go to the chart, as a hold for charting staff."""

import re

from bridge.errors import BridgeError
from bridge.holds import Hold, HoldReason

SMALLER = "send a smaller copy of it, then discard this one"
"""What to do with a picture that is too large."""

_OUT_OF_MEMORY = re.compile(r"MemoryError|[Uu]nable to allocate|bad_alloc|[Oo]ut of memory")
_AGAIN = "send the photo again or take a new one, then discard this one"


class PictureError(BridgeError):
    """The picture cannot be sent to the chart; look at it and send another.

    `hold` holds the reason (NOT_A_PICTURE, DAMAGED_PICTURE or TOO_LARGE) and the sentence. `has_preview`: a damaged
    picture of which `preview` shows a part, and which `prepare` with `as_is` makes ready.
    """

    def __init__(self, reason: HoldReason, sentence: str, has_preview: bool = False) -> None:
        self.hold = Hold(reason, sentence)
        self.has_preview = has_preview
        super().__init__(sentence)

    def __reduce__(self) -> tuple[type["PictureError"], tuple[HoldReason, str, bool]]:
        return PictureError, (self.hold.reason, self.hold.sentence, self.has_preview)

    def with_preview(self) -> "PictureError":
        """The same of a damaged picture, once it is known that a part of it can be read."""
        sentence = self.hold.sentence.replace(_AGAIN, f"look at the preview and send it as it is, or {_AGAIN}")
        return PictureError(self.hold.reason, sentence, has_preview=True)


def damaged(what: str) -> PictureError:
    """The hold of a picture that is not whole. `what` says how it shows: "it is cut short"."""
    return PictureError(
        HoldReason.DAMAGED_PICTURE,
        f"This picture is damaged ({what}), so it was not sent to the chart; {_AGAIN}.",
    )


def not_a_picture(what: str, next_step: str) -> PictureError:
    """The hold of a file that holds no picture the chart can show. `what`: "is a PDF document"."""
    return PictureError(HoldReason.NOT_A_PICTURE, f"This file {what}; {next_step}.")


def too_large(what: str, next_step: str) -> PictureError:
    """The hold of a picture with too many pixels or bytes. `what`: "has 90000 x 90000 pixels, more than ..."."""
    return PictureError(HoldReason.TOO_LARGE, f"This picture {what}; {next_step}.")


def too_much_memory() -> PictureError:
    """The hold of a picture that would take more memory than one may."""
    return too_large("takes too much memory to decode", SMALLER)


def is_for_want_of_memory(error: BaseException) -> bool:
    """Whether it is a MemoryError, or was raised because of one: some decoders wrap them, some only quote them."""
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) and cause not in causes:
        causes.append(cause)
    return any(isinstance(each, MemoryError) or _OUT_OF_MEMORY.search(str(each)) for each in causes)
