"""Delivery: takes queued photos to the chart. Map, prepare, send, read back, retry.

`Deliverer` runs the workers; `Courier` carries one photo; `policy` decides after a failure; `size_limits` says how
large a request may be. `placing` gives new photos their place among others; `LateLooks` removes what came into the
chart twice; `Releases` lets held photos go after an edit of the mapping; `Keeping` removes bytes that nobody needs any
more. `place_in_chart` tells where a name would be filed.
"""

from bridge.delivery.by_hand import NoPlaceError, NotShownError, located, shown, waits_for
from bridge.delivery.courier import Courier
from bridge.delivery.deliverer import Deliverer
from bridge.delivery.desk import Desk
from bridge.delivery.in_chart import ChartPlace, place_in_chart
from bridge.delivery.keeping import Keeping
from bridge.delivery.late import LateLooks
from bridge.delivery.look_ahead import LookAhead
from bridge.delivery.marks import MOST_MARKS, marked
from bridge.delivery.pictures import Pictures
from bridge.delivery.placing import placing
from bridge.delivery.policy import ChartAway, Decision, Failure, HoldPhoto, TryLater, backoff_seconds, decide
from bridge.delivery.releasing import Releases
from bridge.delivery.size_limits import (
    DIRECT_BODY_BYTES,
    after_refused,
    after_taken,
    body_limit_bytes,
    body_limit_sentence,
    for_this_run,
)

__all__ = [
    "DIRECT_BODY_BYTES",
    "MOST_MARKS",
    "ChartAway",
    "ChartPlace",
    "Courier",
    "Decision",
    "Deliverer",
    "Desk",
    "Failure",
    "HoldPhoto",
    "Keeping",
    "LateLooks",
    "LookAhead",
    "NoPlaceError",
    "NotShownError",
    "Pictures",
    "Releases",
    "TryLater",
    "after_refused",
    "after_taken",
    "backoff_seconds",
    "body_limit_bytes",
    "body_limit_sentence",
    "decide",
    "for_this_run",
    "located",
    "marked",
    "place_in_chart",
    "placing",
    "shown",
    "waits_for",
]
