"""Slips of the finger: what one mistake makes of a number or a word."""

from enum import StrEnum


class Slip(StrEnum):
    """What went wrong between what was meant and what was typed; the likeliest first."""

    NONE = "same"
    SWAPPED = "swapped"
    WRONG = "wrong"
    EXTRA = "extra"
    MISSING = "missing"


def slip_between(typed: str, meant: str) -> Slip | None:
    """The one slip that makes `typed` of `meant`: two neighbours swapped, one letter wrong, too many or missing; NONE
    where they are the same, None when one slip is not enough.
    """
    if typed == meant:
        return Slip.NONE
    if len(typed) == len(meant):
        return _between_equals(typed, meant)
    if len(typed) == len(meant) + 1:
        return Slip.EXTRA if _has_one_more(typed, meant) else None
    if len(meant) == len(typed) + 1:
        return Slip.MISSING if _has_one_more(meant, typed) else None
    return None


def _between_equals(typed: str, meant: str) -> Slip | None:
    first = next(place for place, letter in enumerate(typed) if letter != meant[place])
    if typed[first + 1 :] == meant[first + 1 :]:
        return Slip.WRONG
    is_swapped = typed[first : first + 2] == meant[first : first + 2][::-1]
    return Slip.SWAPPED if is_swapped and typed[first + 2 :] == meant[first + 2 :] else None


def _has_one_more(longer: str, shorter: str) -> bool:
    place = next((place for place, letter in enumerate(shorter) if letter != longer[place]), len(shorter))
    return longer[place + 1 :] == shorter[place:]
