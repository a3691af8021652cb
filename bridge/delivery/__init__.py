"""Delivery: takes queued photos to the chart. Map, prepare, send, read back, retry.

`Deliverer` runs the workers; `Courier` carries one photo; `policy` decides after a failure.
"""

from bridge.delivery.courier import Courier, Desk
from bridge.delivery.deliverer import Deliverer
from bridge.delivery.policy import ChartAway, Decision, Failure, HoldPhoto, TryLater, backoff_seconds, decide

__all__ = [
    "ChartAway",
    "Courier",
    "Decision",
    "Deliverer",
    "Desk",
    "Failure",
    "HoldPhoto",
    "TryLater",
    "backoff_seconds",
    "decide",
]
