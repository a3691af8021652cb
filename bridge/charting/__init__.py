"""The charting doors: what staff and their programs ask of the chart, through the bridge, with their own rights.

`charting_blueprint` has the routes of the tscharts-shaped door. `Access` knows callers and `Charts` the charts, for
this door and others; what must be remembered is behind `Audit`, `RepeatedPosts` and `TokenNames`.
"""

from bridge.charting.access import Access, Caller, MemoryNames, TokenNames
from bridge.charting.audit import Action, Audit, AuditEvent, MemoryAudit
from bridge.charting.charts import BodyLimit, Chart, Charts, FixedLimit
from bridge.charting.fitting import PictureMaker
from bridge.charting.refusals import RefusedError
from bridge.charting.repeats import Known, MemoryRepeats, RepeatedPosts, State
from bridge.charting.settings import ChartingSettings, ShapedDoorSettings, StaffSettings
from bridge.charting.views import charting_blueprint

__all__ = [
    "Access",
    "Action",
    "Audit",
    "AuditEvent",
    "BodyLimit",
    "Caller",
    "Chart",
    "ChartingSettings",
    "Charts",
    "FixedLimit",
    "Known",
    "MemoryAudit",
    "MemoryNames",
    "MemoryRepeats",
    "PictureMaker",
    "RefusedError",
    "RepeatedPosts",
    "ShapedDoorSettings",
    "StaffSettings",
    "State",
    "TokenNames",
    "charting_blueprint",
]
