"""Mapping files: what the words of a file name mean at a clinic, written by its admin in YAML.

`load_mapping` reads one, `resolve` turns tags into a reference or a hold without a chart, `locate` finds the
reference's ids in the chart, `explain` says why. `MappingShelf` keeps them fresh in a running bridge.
"""

from typing import TYPE_CHECKING

from bridge.late import late_names
from bridge.mapping.chart_words import ChartWords, keep_chart_words, kept_chart_words
from bridge.mapping.check import CheckResult, check_file
from bridge.mapping.expectations import check_examples
from bridge.mapping.explanation import Account, Explanation, explain
from bridge.mapping.json_schema import json_schema, json_schema_text
from bridge.mapping.kept import last_good
from bridge.mapping.loader import load_mapping
from bridge.mapping.location import (
    ClinicLike,
    Directory,
    clinic_day,
    is_told_by_phone,
    locate,
    photo_occasion,
    taken_at,
)
from bridge.mapping.model import (
    ClinicReference,
    LateHeadshots,
    Mapping,
    Occasion,
    PatientForm,
    PatientReference,
    Requirement,
    Resolution,
    Step,
    TargetReference,
)
from bridge.mapping.resolution import resolve
from bridge.mapping.shelf import InForce, MappingShelf

if TYPE_CHECKING:
    from bridge.mapping.aftermath import Aftermath
    from bridge.mapping.past import PastUpload
    from bridge.mapping.repairs import LessonKind, Lessons, Repair
    from bridge.mapping.replay import Cause, Replay, ReplayExample, Tally, Verdict
    from bridge.mapping.suggestions import (
        ChartFacts,
        Proposal,
        Suggestion,
        find_suggestions,
        propose,
        read_source,
    )
else:
    __getattr__ = late_names(
        __name__,
        aftermath=("Aftermath",),
        past=("PastUpload",),
        repairs=("LessonKind", "Lessons", "Repair"),
        replay=("Cause", "Replay", "ReplayExample", "Tally", "Verdict"),
        suggestions=("ChartFacts", "Proposal", "Suggestion", "find_suggestions", "propose", "read_source"),
    )

__all__ = [
    "Account",
    "Aftermath",
    "Cause",
    "ChartFacts",
    "ChartWords",
    "CheckResult",
    "ClinicLike",
    "ClinicReference",
    "Directory",
    "Explanation",
    "InForce",
    "LateHeadshots",
    "LessonKind",
    "Lessons",
    "Mapping",
    "MappingShelf",
    "Occasion",
    "PastUpload",
    "PatientForm",
    "PatientReference",
    "Proposal",
    "Repair",
    "Replay",
    "ReplayExample",
    "Requirement",
    "Resolution",
    "Step",
    "Suggestion",
    "Tally",
    "TargetReference",
    "Verdict",
    "check_examples",
    "check_file",
    "clinic_day",
    "explain",
    "find_suggestions",
    "is_told_by_phone",
    "json_schema",
    "json_schema_text",
    "keep_chart_words",
    "kept_chart_words",
    "last_good",
    "load_mapping",
    "locate",
    "photo_occasion",
    "propose",
    "read_source",
    "resolve",
    "taken_at",
]
