"""The settings of the charting doors. Those that the config holds are `bridge.settings`'."""

from dataclasses import dataclass, field

from bridge.settings import ShapedDoorSettings, StaffSettings

__all__ = ["ChartingSettings", "ShapedDoorSettings", "StaffSettings"]


@dataclass(frozen=True)
class ChartingSettings:
    """What the charting doors go by. `web_servers` are the addresses of web servers in front, believed for whom they
    ask; `max_upload_bytes` is the largest picture that is taken.
    """

    door: ShapedDoorSettings = field(default_factory=ShapedDoorSettings)
    web_servers: frozenset[str] = frozenset()
    max_upload_bytes: int = 32 * 1024 * 1024
    max_pixels: int = 220_000_000

    @property
    def max_body_bytes(self) -> int:
        """The largest body of a request: such a picture in base64, its slashes escaped, and what stands around it."""
        return self.max_upload_bytes * 4 // 3 * 33 // 32 + 64 * 1024
