"""What the delivery of one practice's photos needs."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bridge.mapping import Mapping
from bridge.settings import ChartSettings
from bridge.tscharts import ChartClient, ChartDirectory


@dataclass(frozen=True)
class Desk:
    """What the delivery of one practice's photos needs. `mapping` gives the version of its mapping now in force."""

    practice: str
    chart: ChartSettings
    client: ChartClient
    directory: ChartDirectory
    mapping: Callable[[], Mapping]
    time_zone: ZoneInfo
