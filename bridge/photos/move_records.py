"""What the store keeps of images that people move to another patient, and its part of the store's interface."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bridge.photos.records import PhotoState
from bridge.targets import ChartTarget


class MoveState(StrEnum):
    """How far a move has come."""

    ASKED = "asked"
    """Recorded; nothing is done yet."""
    SENDING = "sending"
    """The picture is being filed at the right patient: it may be there, or not."""
    COPIED = "copied"
    """It is there, read back and compared; the old image is to be deleted."""
    STUCK = "stuck"
    """It cannot go on by itself; a person must look, and ask again."""
    MOVED = "moved"
    FAILED = "failed"
    """Given up: the picture is where it was."""

    @property
    def is_over(self) -> bool:
        """True when nothing more is done."""
        return self in (MoveState.MOVED, MoveState.FAILED)

    @property
    def is_under_way(self) -> bool:
        """True while the bridge goes on by itself."""
        return self in (MoveState.ASKED, MoveState.SENDING, MoveState.COPIED)


@dataclass(frozen=True)
class NewMove:
    """A move that somebody asks for: `image_id` of `source` is to be `to_patient`'s.

    `chart` is the chart's address, `practice` the one whose account does it. `source_sha256` (hex) and `source_length`
    are of the image's `data` text. `asked_by` is a chart username, None for one who signed in elsewhere; `token_mark`
    tells such people apart.
    """

    chart: str
    practice: str
    image_id: int
    source: ChartTarget
    source_sha256: str
    source_length: int
    to_patient: int
    reason: str
    asked_by: str | None
    token_mark: str

    @property
    def target(self) -> ChartTarget:
        """Where the picture is to be."""
        return ChartTarget(self.to_patient, self.source.type, self.source.clinic, self.source.station)


@dataclass(frozen=True)
class Sending:
    """What is sent to the right patient, recorded before it is sent: SHA-256 (hex) and length of the `data` text.

    `mark` is the number in the picture that makes this text the move's alone, None when it has none; `newest_before` is
    the last image that was at the target before the first send, 0 for none.
    """

    data_sha256: str
    data_length: int
    mark: int | None
    newest_before: int


@dataclass(frozen=True)
class Move:
    """A move as the store knows it. Times are UTC.

    `sends` counts the tries to file the picture, the last at `sent_at`. `trouble` is a sentence that says what keeps it
    from going on, or why it ended without success. `next_at` is when the bridge comes back to it, None for never.
    `photo_id` is the photo of this store whose image it is. `claim` is whose turn it is now.
    """

    id: int
    wanted: NewMove
    state: MoveState
    asked_at: datetime
    sending: Sending | None
    sends: int
    sent_at: datetime | None
    new_image_id: int | None
    photo_id: int | None
    trouble: str | None
    tries: int
    next_at: datetime | None
    ended_at: datetime | None
    claim: str | None


class MoveStore(Protocol):
    """Moves of images to other patients. Thread-safe. Every method may raise StoreError.

    What changes a move raises MoveLostError when it is not in the caller's hand any more.
    """

    def begin_move(self, new: NewMove) -> tuple[Move, bool]:
        """Record a move, durably; False and the other one when a move that is not over has to do with this image."""

    def on_its_way(self, data_sha256: str) -> tuple[int, PhotoState] | None:
        """A photo that is not delivered and may have made the chart image with this text, or may make it yet: its id
        and state. None when there is none.
        """

    def move(self, move_id: int) -> Move:
        """One move. Raises NoSuchMoveError."""

    def moves_from(self, chart: str, image_id: int) -> list[Move]:
        """The moves of a chart image, newest first."""

    def move_in_hand(self, chart: str, image_id: int) -> Move | None:
        """The move that is not over and has this image as its old or new one."""

    def moves_wanted(
        self, chart: str, *, state: MoveState | None = None, before: int = 0, limit: int = 100
    ) -> list[Move]:
        """A chart's moves, newest first; of one state, if it is given; before a given id, for paging."""

    def due_moves(self, limit: int, leave_out: Collection[str] = ()) -> list[Move]:
        """Moves that are due, longest first, and those over whose images are to be looked for; none of these practices.

        Those that another bridge has in hand are among them.
        """

    def claim_move(self, move_id: int) -> Move | None:
        """Take a move in hand, as it is now; None when another bridge or command has it, or there is nothing to do.

        This bridge's own earlier claim of it ends: of its threads one alone may be at it, for which the caller sees.
        """

    def keep_move(self, move: Move) -> None:
        """Make sure that a move is still in the caller's hand."""

    def send_move(self, move: Move, sending: Sending) -> Move:
        """Record what is about to be sent."""

    def copy_move(self, move: Move, new_image_id: int) -> Move:
        """The picture was read back from the right patient, as this image. The receipt of a photo goes along.

        Raises RowConflictError when that image is another photo's receipt.
        """

    def end_move(self, move: Move, failure: str | None = None, look_at: datetime | None = None) -> Move:
        """It is done, or given up with a sentence; then a receipt goes back. Look for late images at a time, if any."""

    def stick_move(self, move: Move, sentence: str, *, forget_new: bool = False) -> Move:
        """It waits for a person. `forget_new`: the new image is none of it, so a receipt goes back."""

    def resume_move(self, move_id: int) -> Move:
        """A stuck move goes on, due now; any other one under way is due now, too."""

    def give_up_move(self, move_id: int) -> Move:
        """A stuck move of which no copy is known has failed, with the sentence that it has; any other one stays."""

    def put_off_move(self, move: Move, until: datetime | None, trouble: str | None = None) -> Move:
        """Come back to it at a time, or never. Of one under way, say what the trouble was."""
