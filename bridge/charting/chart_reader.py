"""Asks a chart with a caller's own token, and reads its answers. Facts: contract/tscharts.md."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

from marshmallow import Schema, ValidationError

from bridge.charting.charts import Chart
from bridge.charting.refusals import RefusedError, chart_trouble
from bridge.tscharts import (
    ChartError,
    ChartPatient,
    Clinic,
    ClinicSchema,
    PatientSchema,
    RegistrationSchema,
    RelayAnswer,
    RelayRequest,
    Station,
    StationSchema,
)

_MOST_BYTES = 16 * 1024 * 1024
_NOT_SIGNED_IN = "The chart does not accept this token any more; sign in again."
_NO_IMAGE = "The chart has no image of this number; look at the patient's images again."
_NO_PATIENT = "The chart has no patient of this number; look for the patient by name."
_ODD = "The chart server answered as tscharts does not; try again, and tell the clinic's admin if it goes on."


@dataclass(frozen=True)
class ChartReader:
    """Reads one chart as whoever brings this `Authorization` header. For any thread.

    Every method raises RefusedError: 401 when the chart does not accept the token, 502 and 504 when it cannot be asked
    or answers what tscharts does not.
    """

    chart: Chart
    authorization: str = field(repr=False)

    def image_ids(self, patient: int, **narrower: str | int | None) -> list[int]:
        """The ids of a patient's images, the newest first; [] for an unknown patient, too. `narrower`: type, clinic and
        station, left out where None.
        """
        given = {name: value for name, value in narrower.items() if value is not None}
        return self._ids("image/", {"patient": patient, **given, "sort": "true"})

    def has_image(self, image_id: int) -> bool:
        """Whether the chart has an image of this id; its data stays where it is."""
        with self.opened(f"image/{image_id}/", method="HEAD") as answer:
            return answer.status in (200, 500)

    def patient(self, patient_id: int) -> ChartPatient | None:
        """A patient, None when there is none of this id."""
        return cast(ChartPatient | None, self._records(f"patient/{patient_id}/", PatientSchema()))

    def patient_ids(self, **wanted: str | int) -> list[int]:
        """The ids of the patients that match, as tscharts' `patient/` matches; nothing wanted would be everyone."""
        if not all(str(value) for value in wanted.values()) or not wanted:
            raise ValueError("a search needs something to look for")
        return self._ids("patient/", wanted)

    def all_patient_ids(self) -> list[int]:
        """The ids of all patients of the chart, in no stated order."""
        return self._ids("patient/", {})

    def registered_at(self, clinic_id: int) -> list[int]:
        """The ids of the patients who are registered at a clinic that the chart has, each once."""
        found = self._records(f"register/?{urlencode({'clinic': clinic_id})}", RegistrationSchema(many=True)) or []
        return list(dict.fromkeys(each.patient for each in found))

    def clinics(self) -> list[Clinic]:
        """All clinics, in no stated order."""
        return cast(list[Clinic], self._records("clinic/", ClinicSchema(many=True)) or [])

    def stations(self) -> list[Station]:
        """All stations, in no stated order."""
        return cast(list[Station], self._records("station/", StationSchema(many=True)) or [])

    @contextmanager
    def opened(
        self, path: str, params: Mapping[str, str | int] | None = None, method: str = "GET"
    ) -> Iterator[RelayAnswer]:
        """The chart's answer, its body still to be read: 200, 404, or 500, which stands for a lost image."""
        address = f"{path}?{urlencode(params)}" if params else path
        headers = (("Authorization", self.authorization), ("Accept", "application/json"))
        try:
            with self.chart.relay.open(RelayRequest(method, address, headers)) as answer:
                if answer.status == 401:
                    raise not_signed_in()
                if answer.status not in (200, 404, 500) or _is_page(answer):
                    raise odd_answer()
                yield answer
        except ChartError as error:
            raise chart_trouble(error) from error

    def _records(self, path: str, schema: Schema) -> Any:
        """What the schema makes of what the chart says, None when it has nothing."""
        found = self._json(path, {})
        if found is None:
            return None
        try:
            return schema.load(found)
        except (ValidationError, TypeError, ValueError):
            raise odd_answer() from None

    def _ids(self, path: str, params: Mapping[str, str | int]) -> list[int]:
        found = self._json(path, params)
        if found is None:
            return []
        if not isinstance(found, list) or not all(type(each) is int and each > 0 for each in found):
            raise odd_answer()
        return found

    def _json(self, path: str, params: Mapping[str, str | int]) -> Any:
        """What the chart says, None when it has nothing."""
        with self.opened(path, params) as answer:
            if answer.status == 404:
                return None
            if answer.status != 200:
                raise odd_answer()
            return _parsed(answer.read(_MOST_BYTES))


def odd_answer() -> RefusedError:
    """The refusal for an answer that tscharts does not give."""
    return RefusedError(502, _ODD)


def not_signed_in() -> RefusedError:
    """The refusal for a token that the chart does not accept."""
    return RefusedError(401, _NOT_SIGNED_IN, ("WWW-Authenticate", "Token"))


def no_image() -> RefusedError:
    """The refusal for an image that the chart does not have."""
    return RefusedError(404, _NO_IMAGE)


def no_patient() -> RefusedError:
    """The refusal for a patient whom the chart does not have."""
    return RefusedError(404, _NO_PATIENT)


def _is_page(answer: RelayAnswer) -> bool:
    """Whether a web page came in the chart's place, as a network's sign-in; tscharts' own 404 and 500 are empty."""
    is_json = answer.header("Content-Type").lower().startswith("application/json")
    return not is_json and answer.header("Content-Length").strip() != "0"


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise odd_answer() from None
