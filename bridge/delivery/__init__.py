"""Delivery: takes queued photos to the chart. Map, prepare, send, read back, retry.

`Deliverer` runs the workers; `Courier` carries one photo; `policy` decides after a failure; `size_limits` says how
large a request may be. `placing` gives new photos their place among others; `LateLooks` removes what came into the
chart twice; `Keeping` removes bytes that nobody needs any more.
"""

from bridge.delivery.courier import Courier
from bridge.delivery.deliverer import Deliverer
from bridge.delivery.desk import Desk
from bridge.delivery.keeping import Keeping
from bridge.delivery.late import LateLooks
from bridge.delivery.pictures import Pictures
from bridge.delivery.placing import placing
from bridge.delivery.policy import ChartAway, Decision, Failure, HoldPhoto, TryLater, backoff_seconds, decide
from bridge.delivery.size_limits import DIRECT_BODY_BYTES, body_limit_bytes, body_limit_sentence

__all__ = [
    "DIRECT_BODY_BYTES",
    "ChartAway",
    "Courier",
    "Decision",
    "Deliverer",
    "Desk",
    "Failure",
    "HoldPhoto",
    "Keeping",
    "LateLooks",
    "Pictures",
    "TryLater",
    "backoff_seconds",
    "body_limit_bytes",
    "body_limit_sentence",
    "decide",
    "placing",
]
