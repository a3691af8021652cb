"""Looking for patients, and one patient."""

from marshmallow import Schema, fields

from bridge.charting.chart_reader import ChartReader
from bridge.charting.json_door.frame import Answer, Call, Operation
from bridge.charting.json_door.schemas import ChartId, Limit, PatientPath, Words
from bridge.charting.patient_finder import PatientFinder

_TAG = "Patients"


class PatientSchema(Schema):
    """A patient, with what a person needs to be sure who it is."""

    id = ChartId(required=True, metadata={"description": "The patient's number in the chart."})
    name = fields.String(required=True, metadata={"description": "All names, the first name first."})
    first = fields.String(required=True)
    middle = fields.String(required=True)
    paternal_last = fields.String(required=True)
    maternal_last = fields.String(required=True)
    birth_date = fields.Date(required=True, allow_none=True)
    sex = fields.String(required=True, metadata={"description": "As in the chart: Female, Male, or nothing."})
    curp = fields.String(required=True)
    old_id = ChartId(required=True, allow_none=True)
    headshot = ChartId(required=True, allow_none=True, metadata={"description": "The newest headshot's image number."})


class FoundPatientsSchema(Schema):
    """Patients, the closest first."""

    patients = fields.List(fields.Nested(PatientSchema), required=True)
    is_complete = fields.Boolean(
        required=True, metadata={"description": "Whether there are no others; else give more of the name."}
    )
    hint = fields.String(
        required=True, allow_none=True, metadata={"description": "What to try where nobody was found; else null."}
    )


class SearchSchema(Schema):
    """Whom to look for."""

    q = Words(
        100,
        required=True,
        metadata={
            "description": "Words of names in any order, without accents if you like, with a number or without; a "
            "number; a CURP, or four or more letters and digits of one."
        },
    )
    limit = Limit()


def patient_operations(finder: PatientFinder) -> tuple[Operation, ...]:
    """The operations that show patients."""

    def find(call: Call) -> object:
        return finder.find(_reader(call), call.query["q"], call.query["limit"])

    def one(call: Call) -> object:
        return finder.patient(_reader(call), call.path["patient_id"])

    return (
        Operation(
            "GET",
            "patients",
            "findPatients",
            "Look for patients by name, number, old number or CURP",
            find,
            (Answer(200, FoundPatientsSchema(), description="The patients that were found"),),
            query_schema=SearchSchema(),
            tag=_TAG,
        ),
        Operation(
            "GET",
            "patients/{patient_id}",
            "showPatient",
            "One patient",
            one,
            (Answer(200, PatientSchema(), description="The patient"),),
            path_schema=PatientPath(),
            tag=_TAG,
        ),
    )


def _reader(call: Call) -> ChartReader:
    return ChartReader(call.chart, call.authorization)
