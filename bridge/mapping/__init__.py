"""Mapping files: what the words of a file name mean at a clinic, written by its admin in YAML.

`load_mapping` reads one, `resolve` turns tags into a reference or a hold without a chart, `locate` finds the
reference's ids in the chart, `explain` says why. `MappingShelf` keeps them fresh in a running bridge.
"""

from bridge.mapping.check import CheckResult, check_file
from bridge.mapping.expectations import check_examples
from bridge.mapping.explanation import Explanation, explain
from bridge.mapping.loader import load_mapping
from bridge.mapping.location import ClinicLike, Directory, clinic_day, is_told_by_phone, locate, taken_at
from bridge.mapping.model import (
    ClinicReference,
    LateHeadshots,
    Mapping,
    PatientForm,
    PatientReference,
    Resolution,
    Step,
    TargetReference,
)
from bridge.mapping.resolution import resolve
from bridge.mapping.shelf import MappingShelf

__all__ = [
    "CheckResult",
    "ClinicLike",
    "ClinicReference",
    "Directory",
    "Explanation",
    "LateHeadshots",
    "Mapping",
    "MappingShelf",
    "PatientForm",
    "PatientReference",
    "Resolution",
    "Step",
    "TargetReference",
    "check_examples",
    "check_file",
    "clinic_day",
    "explain",
    "is_told_by_phone",
    "load_mapping",
    "locate",
    "resolve",
    "taken_at",
]
