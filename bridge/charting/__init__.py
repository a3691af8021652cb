"""The charting doors: what staff and their programs ask of the chart, through the bridge, with their own rights.

`charting_blueprint` has the routes of the tscharts-shaped door. `Access` knows callers and `Charts` the charts, for
this door and others; what must be remembered is behind `Audit`, `RepeatedPosts` and `TokenNames`, which `KeptAudit`,
`KeptPosts` and `KeptNames` keep in the store.
"""

from bridge.charting.access import OUTAGE_SECONDS, Access, Caller, TokenNames
from bridge.charting.audit import Action, Audit, AuditEvent
from bridge.charting.catalogue import Catalogue, ImageObject, ImagePage, Wanted
from bridge.charting.chart_reader import ChartReader
from bridge.charting.charts import BodyLimit, Chart, Charts, FixedLimit
from bridge.charting.deleting import Deletions
from bridge.charting.due_acts import do_due_acts
from bridge.charting.file_cache import FileCache
from bridge.charting.fitting import PictureMaker
from bridge.charting.image_file import UNKNOWN_TYPE, ImageFile
from bridge.charting.json_door import (
    FoundPatientsSchema,
    Handbook,
    ImagePageSchema,
    Operation,
    Question,
    answer,
    doing_operations,
    json_blueprint,
    reading_operations,
)
from bridge.charting.kept import KeptAudit, KeptNames, KeptPosts, LearnedBodyLimit
from bridge.charting.messages import Reply
from bridge.charting.moves import MoveOrder, Mover
from bridge.charting.noting import Notes
from bridge.charting.patient_finder import PatientFinder, PatientObject
from bridge.charting.refusals import RefusedError
from bridge.charting.removing import Removals
from bridge.charting.repeats import RepeatedPosts
from bridge.charting.settings import ChartingSettings, ShapedDoorSettings, StaffSettings
from bridge.charting.thumbnails import Thumbnails
from bridge.charting.views import charting_blueprint

__all__ = [
    "OUTAGE_SECONDS",
    "UNKNOWN_TYPE",
    "Access",
    "Action",
    "Audit",
    "AuditEvent",
    "BodyLimit",
    "Caller",
    "Catalogue",
    "Chart",
    "ChartReader",
    "ChartingSettings",
    "Charts",
    "Deletions",
    "FileCache",
    "FixedLimit",
    "FoundPatientsSchema",
    "Handbook",
    "ImageFile",
    "ImageObject",
    "ImagePage",
    "ImagePageSchema",
    "KeptAudit",
    "KeptNames",
    "KeptPosts",
    "LearnedBodyLimit",
    "MoveOrder",
    "Mover",
    "Notes",
    "Operation",
    "PatientFinder",
    "PatientObject",
    "PictureMaker",
    "Question",
    "RefusedError",
    "Removals",
    "RepeatedPosts",
    "Reply",
    "ShapedDoorSettings",
    "StaffSettings",
    "Thumbnails",
    "TokenNames",
    "Wanted",
    "answer",
    "charting_blueprint",
    "do_due_acts",
    "doing_operations",
    "json_blueprint",
    "reading_operations",
]
