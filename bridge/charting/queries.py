"""Which questions for a list of images tscharts would answer with a failure, or with everyone's.

Facts: contract/tscharts.md, 9 and 10.
"""

from urllib.parse import parse_qsl

from bridge.charting.refusals import RefusedError

_NUMBERS = ("patient", "clinic", "station")
_KNOWN = frozenset({*_NUMBERS, "type", "sort", "newest", "format"})
_MOST_PARAMETERS = 1000
_LISTS_EVERYONE = "tscharts would leave it out and answer with the images of every patient"


def wrong_number(query: str) -> RefusedError | None:
    """The refusal of a patient, clinic or station that is no number, at which tscharts fails with status 500."""
    given = _parameters(query)
    for name in _NUMBERS:
        if _number(given.get(name, "")) is None:
            return RefusedError(400, f"`{name}` must be a whole number; correct it and ask again.")
    return None


def lists_everyone(query: str) -> RefusedError | None:
    """The refusal of what was meant to narrow the list and does not: an empty `patient`, `patient=0`, or a name that
    tscharts does not know where nothing else narrows it. To ask for all images on purpose, give no such parameter.
    """
    given = _parameters(query)
    if "patient" in given and not _number(given["patient"]):
        return RefusedError(400, f"`patient` must be a patient's number, 1 or more: {_LISTS_EVERYONE}.")
    if any(_number(given.get(name, "")) != 0 for name in _NUMBERS):
        return None
    for name in ("clinic", "station"):
        if name in given:
            return RefusedError(400, f"`{name}` must be a number, 1 or more: {_LISTS_EVERYONE}.")
    if not given.keys() <= _KNOWN:
        known = ", ".join(f"`{name}`" for name in sorted(_KNOWN - {"format"}))
        return RefusedError(400, f"One of the parameters is none of {known}: {_LISTS_EVERYONE}.")
    return None


def _parameters(query: str) -> dict[str, str]:
    """The last value of each name, as tscharts reads them."""
    try:
        return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS))
    except ValueError:
        raise RefusedError(400, "There are too many parameters in this address; ask with fewer.") from None


def _number(text: str) -> int | None:
    """A number as tscharts reads it, 0 for an empty text, None for what is none."""
    try:
        return int(text) if text else 0
    except ValueError:
        return None
