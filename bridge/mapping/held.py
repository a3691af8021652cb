"""The way out of a resolution that must stop."""

from bridge.holds import Hold, HoldReason


class HeldError(Exception):
    """A photo cannot be filed by itself; `hold` says why. Never leaves this room."""

    def __init__(self, reason: HoldReason, sentence: str) -> None:
        super().__init__(sentence)
        self.hold = Hold(reason, sentence)
