"""The chart's clinics and stations: what images and photos name."""

from collections.abc import Mapping

from marshmallow import Schema, fields

from bridge.charting.chart_reader import ChartReader
from bridge.charting.json_door.frame import Answer, Call, Operation
from bridge.charting.json_door.schemas import ChartId

_TAG = "Places"


class ClinicSchema(Schema):
    """A clinic: its days, the first and the last one included, at a place."""

    id = ChartId(required=True, metadata={"description": "The clinic's number in the chart."})
    start = fields.Date(required=True)
    end = fields.Date(required=True)
    location = fields.String(required=True)


class ClinicsSchema(Schema):
    """All clinics of the chart, the latest first."""

    clinics = fields.List(fields.Nested(ClinicSchema), required=True)


class StationSchema(Schema):
    """A station of any clinic."""

    id = ChartId(required=True, metadata={"description": "The station's number in the chart."})
    name = fields.String(required=True)


class StationsSchema(Schema):
    """All stations of the chart, by their names."""

    stations = fields.List(fields.Nested(StationSchema), required=True)


def place_operations() -> tuple[Operation, ...]:
    """The operations that show places."""
    return (
        Operation(
            "GET",
            "clinics",
            "listClinics",
            "The chart's clinics, the latest first",
            _clinics,
            (Answer(200, ClinicsSchema(), description="The clinics"),),
            tag=_TAG,
        ),
        Operation(
            "GET",
            "stations",
            "listStations",
            "The chart's stations, by their names",
            _stations,
            (Answer(200, StationsSchema(), description="The stations"),),
            tag=_TAG,
        ),
    )


def _clinics(call: Call) -> Mapping[str, object]:
    found = ChartReader(call.chart, call.authorization).clinics()
    return {"clinics": sorted(found, key=lambda each: (each.start, each.id), reverse=True)}


def _stations(call: Call) -> Mapping[str, object]:
    found = ChartReader(call.chart, call.authorization).stations()
    return {"stations": sorted(found, key=lambda each: (each.name.casefold(), each.id))}
