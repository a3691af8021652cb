"""The JSON door, `/api/v1/`: a patient's images, patients and photos, for programs and pages.

Each operation is declared once (`frame`); its route, the reading of what it is asked and its OpenAPI come from that.
"""

from bridge.charting.json_door.answering import Question, answer
from bridge.charting.json_door.doing_operations import doing_operations
from bridge.charting.json_door.frame import Answer, Answered, Call, Operation, Who
from bridge.charting.json_door.image_operations import ImagePageSchema
from bridge.charting.json_door.openapi import Handbook
from bridge.charting.json_door.patient_operations import FoundPatientsSchema
from bridge.charting.json_door.reading_operations import reading_operations
from bridge.charting.json_door.views import json_blueprint

__all__ = [
    "Answer",
    "Answered",
    "Call",
    "FoundPatientsSchema",
    "Handbook",
    "ImagePageSchema",
    "Operation",
    "Question",
    "Who",
    "answer",
    "doing_operations",
    "json_blueprint",
    "reading_operations",
]
