"""How large a request a chart server takes, as its answers teach. Pure; the store remembers it for each server.

Nobody can ask tscharts for its limit, and it differs by deployment (contract/tscharts.md, 4): 1 048 576 bytes of body
behind its shipped nginx, 2 621 440 bytes direct, whatever the admin chose elsewhere. So limits are tried from a few
likely ones downwards, and rarely one larger upwards.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bridge.photos import LearnedLimit
from bridge.tscharts import LARGE_BODY_BYTES

NGINX_BODY_BYTES = 1_048_576
DIRECT_BODY_BYTES = 2_621_440
RAISED_BODY_BYTES = 8_388_608
"""What the advice raises the limits to; larger requests are not tried unless the config says so."""

MOST_SENDS = 3
"""So many sizes are tried for one photo at once."""

LOSSES_THAT_TELL = 3
"""So many lost sends of one photo are taken for a refusal, when a smaller picture of it is taken then."""

PROBE_AFTER = timedelta(days=7)
_STEPS = (RAISED_BODY_BYTES, DIRECT_BODY_BYTES, NGINX_BODY_BYTES)
_NEAR = 1.25


def body_limit_bytes(learned: LearnedLimit, fixed_bytes: int | None) -> int:
    """The largest body to send now. `fixed_bytes` is what the config says, None when it says nothing.

    What the config says holds until the server refuses it. From a refused size it goes to the next likely limit below,
    then halves, so that three sends find any limit from half a MB upwards.
    """
    refused = learned.smallest_refused_bytes
    if fixed_bytes is not None and (refused is None or fixed_bytes < refused):
        return fixed_bytes
    taken = learned.largest_taken_bytes or 0
    return max(taken, DIRECT_BODY_BYTES if refused is None else step_below(refused))


def probe_bytes(learned: LearnedLimit, fixed_bytes: int | None, now: datetime) -> int | None:
    """A larger limit worth one try now, or None: the server may take more than was found, or more than it used to.

    Never above what the config says; not while the limit in use is itself a guess; a week after the last refusal or try
    at the earliest. It halves the way to what was refused, and when that is near it tries the next likely limit beyond.
    """
    limit, refused = body_limit_bytes(learned, fixed_bytes), learned.smallest_refused_bytes
    if _is_recent(learned.refused_at, now) or _is_recent(learned.probed_at, now):
        return None
    if refused is None and (learned.largest_taken_bytes or 0) <= step_below(limit):
        return None
    halfway = (limit + (refused or limit)) // 2
    larger = halfway if (refused or 0) > _NEAR * limit else step_above(int(_NEAR * limit))
    larger = larger if fixed_bytes is None else min(larger or fixed_bytes, fixed_bytes)
    return larger if larger > limit else None


def after_taken(learned: LearnedLimit, body_bytes: int) -> LearnedLimit:
    """What is known once the server took a body of this size. A probe that was taken lets the next one go at once."""
    if body_bytes <= (learned.largest_taken_bytes or 0):
        return learned
    probed_at = None if body_bytes > body_limit_bytes(learned, None) else learned.probed_at
    if body_bytes < (learned.smallest_refused_bytes or body_bytes + 1):
        return replace(learned, largest_taken_bytes=body_bytes, probed_at=probed_at)
    return LearnedLimit(largest_taken_bytes=body_bytes, probed_at=probed_at)


def after_refused(learned: LearnedLimit, body_bytes: int, now: datetime) -> LearnedLimit:
    """What is known once the server refused a body of this size as too large. Its limit may have been lowered."""
    taken, refused = learned.largest_taken_bytes, learned.smallest_refused_bytes
    return replace(
        learned,
        largest_taken_bytes=taken if taken is not None and taken < body_bytes else None,
        smallest_refused_bytes=min(body_bytes, refused or body_bytes),
        refused_at=now,
    )


def after_lost(learned: LearnedLimit, body_bytes: int, now: datetime) -> LearnedLimit:
    """What is known once a smaller picture was taken of a photo that was lost with this size too often."""
    if body_bytes <= (learned.largest_taken_bytes or 0):
        return learned
    return after_refused(learned, body_bytes, now)


def before_probe(learned: LearnedLimit, now: datetime) -> LearnedLimit:
    """What is known once a larger request is about to be tried; the same when another photo tries it already."""
    return learned if _is_recent(learned.probed_at, now) else replace(learned, probed_at=now)


def for_this_run(learned: LearnedLimit, fixed_bytes: int | None, started_at: datetime) -> LearnedLimit:
    """What counts since the bridge started: what the config says is tried again, whatever was refused before."""
    if fixed_bytes is None or learned.refused_at is None or learned.refused_at >= started_at:
        return learned
    return replace(learned, smallest_refused_bytes=None, refused_at=None)


def lost_bytes(bodies: Iterable[int], learned: LearnedLimit) -> int | None:
    """The size of body that one photo was lost with too often, or None. `bodies` are those of its lost sends.

    Some servers and boxes before them break the connection where others answer 413. Sizes that this server has taken
    before, and small ones, are never blamed: then it was the network.
    """
    unproven = max(LARGE_BODY_BYTES, learned.largest_taken_bytes or 0)
    blamed = sorted(size for size in bodies if size > unproven)
    return blamed[LOSSES_THAT_TELL - 1] if len(blamed) >= LOSSES_THAT_TELL else None


def body_limit_sentence(learned: LearnedLimit, fixed_bytes: int | None) -> str:
    """What limit is in use and where it comes from; with what to do for better pictures when it is a small one."""
    limit = body_limit_bytes(learned, fixed_bytes)
    fact = f"photos are made smaller to fit a request of {_spaced(limit)} bytes, {_source(learned, fixed_bytes)}"
    if limit >= DIRECT_BODY_BYTES:
        return fact
    return (
        f"{fact}; to send better ones, ask the chart's operator to set `client_max_body_size 8m;` in nginx and "
        f"`DATA_UPLOAD_MAX_MEMORY_SIZE = {RAISED_BODY_BYTES}` in Django's settings"
    )


def step_below(size_bytes: int) -> int:
    """The largest likely limit below a size."""
    for step in _STEPS:
        if step < size_bytes:
            return step
    step = NGINX_BODY_BYTES
    while step >= max(size_bytes, 1):
        step //= 2
    return step


def step_above(size_bytes: int) -> int:
    """The smallest likely limit above a size; 0 when there is none."""
    return min((step for step in _STEPS if step > size_bytes), default=0)


def _is_recent(moment: datetime | None, now: datetime) -> bool:
    """Whether a moment is less than a week away, on either side: the clock may have been wrong."""
    return moment is not None and abs(now - moment) < PROBE_AFTER


def _source(learned: LearnedLimit, fixed_bytes: int | None) -> str:
    refused = learned.smallest_refused_bytes
    if fixed_bytes is not None and (refused is None or fixed_bytes < refused):
        return "as `body_limit_bytes` in the config says"
    if refused is not None:
        when = f" on {learned.refused_at:%Y-%m-%d}" if learned.refused_at else ""
        return f"because the server refused {_spaced(refused)}{when}"
    if (learned.largest_taken_bytes or 0) >= DIRECT_BODY_BYTES:
        return "the most that the server has taken so far"
    return "a first guess until the server refuses one"


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
