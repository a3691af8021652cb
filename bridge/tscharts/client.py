"""The chart client: every question and order that the bridge has for tscharts (contract/tscharts.md)."""

from datetime import date, datetime
from typing import Any

from marshmallow import Schema

from bridge.targets import ImageType
from bridge.tscharts.account import ChartAccount
from bridge.tscharts.calls import IMAGE_ANSWER_BYTES, Call
from bridge.tscharts.errors import ChartImageUnreadableError, ChartNotFoundError, ChartRefusedError
from bridge.tscharts.posts import ImagePost
from bridge.tscharts.reading import odd_answer, read_id_list, read_json, read_record, read_records
from bridge.tscharts.records import (
    ChartCheck,
    ChartImage,
    ChartPatient,
    Clinic,
    Consent,
    Login,
    Registration,
    Station,
)
from bridge.tscharts.refusals import server_time
from bridge.tscharts.schemas import (
    ClinicSchema,
    ConsentSchema,
    CreatedSchema,
    ImageSchema,
    PatientSchema,
    RegistrationSchema,
    StationSchema,
    is_curp,
    is_id,
)
from bridge.tscharts.session import ChartSession

Params = tuple[tuple[str, str], ...]


class ChartClient:
    """One account on one chart server. Any number of threads may share a client.

    Every method raises a ChartError when the chart cannot be reached, refuses, or answers what tscharts does not, and
    ValueError for ids below 1 and empty texts: tscharts ignores such parameters and would name everyone (9).
    """

    def __init__(self, account: ChartAccount) -> None:
        self.account = account
        self._session = ChartSession(account)

    def close(self) -> None:
        """Close the connections that are kept open; a later call opens new ones."""
        self._session.close()

    def cut(self) -> None:
        """End all requests at once, and for good; for any thread. One that had been sent raises ChartLostError, its
        outcome unknown if it was to change the chart; one that had not, and any later one, ChartUnreachableError.
        """
        self._session.cut()

    def login(self) -> Login:
        """Log in by username and password. Raises ChartLoginError when they are not accepted."""
        return self._session.login()

    def check(self) -> ChartCheck:
        """Look whether this is a tscharts server that lets this account in; raises the ChartError that says why not."""
        call = Call("GET", "station/")
        answer = self._session.answer(call)
        stations = read_records(StationSchema(), read_json(call, answer, self.account), call)
        return ChartCheck(tuple(stations), server_time(answer))

    def server_time(self) -> datetime | None:
        """The server's clock (UTC, whole seconds); None when it does not tell."""
        return self.check().server_time

    def create_image(self, post: ImagePost) -> int:
        """File a prepared image and give its new id. It is sent once; see `outcome_unknown` of the error raised.

        Raises ChartNotFoundError when the patient, clinic or station is unknown, ChartTooLargeError when the body is
        too large for this server.
        """
        call = Call("POST", "image/", body=post.body, changes=True)
        created = read_record(CreatedSchema(), self._session.json(call), call)
        return int(created["id"])

    def read_image(self, image_id: int) -> ChartImage:
        """An image with its data. Raises ChartNotFoundError, or ChartImageUnreadableError when its file is lost (2)."""
        path = f"image/{_positive('image', image_id)}/"
        call = Call("GET", path, largest_answer_bytes=IMAGE_ANSWER_BYTES)
        answer = self._session.answer(call)
        if answer.status == 500 and answer.whole and not answer.body:
            raise ChartImageUnreadableError(status=500)
        image: ChartImage = read_record(ImageSchema(), read_json(call, answer, self.account), call)
        if image.id != image_id:
            raise odd_answer(call)
        return image

    def image_ids(
        self,
        patient: int,
        *,
        type: ImageType | None = None,
        clinic: int | None = None,
        station: int | None = None,
        newest_first: bool = True,
    ) -> list[int]:
        """The ids of a patient's images, by newest arrival first, or in no order; [] for an unknown patient too."""
        params = _given(patient=_positive("patient", patient), clinic=clinic, station=station)
        if type is not None:
            params.append(("type", ImageType(type).value))
        if newest_first:
            params.append(("sort", "true"))
        return self._ids("image/", tuple(params))

    def delete_image(self, image_id: int) -> None:
        """Remove an image from the chart, for ever. Raises ChartNotFoundError when it is not there."""
        call = Call("DELETE", f"image/{_positive('image', image_id)}/", changes=True)
        if not isinstance(self._session.json(call), dict):
            raise odd_answer(call)

    def clinics(self) -> list[Clinic]:
        """All clinics, in no stated order."""
        return self._list(Call("GET", "clinic/"), ClinicSchema())

    def clinic(self, clinic_id: int) -> Clinic | None:
        """A clinic, None when there is none of this id."""
        clinic: Clinic | None = self._one("clinic", clinic_id, ClinicSchema())
        return clinic

    def clinic_on(self, day: date) -> Clinic | None:
        """The clinic whose days include this one, None when there is none; the chart picks when there are two (20)."""
        text = f"{day.month:02}/{day.day:02}/{day.year:04}"
        call = Call("GET", "clinic/", (("date", text),))
        try:
            clinic: Clinic = read_record(ClinicSchema(), self._session.json(call), call)
        except ChartNotFoundError:
            return None
        if not clinic.covers(date(day.year, day.month, day.day)):
            raise odd_answer(call)
        return clinic

    def stations(self) -> list[Station]:
        """All stations, in no stated order."""
        return self._list(Call("GET", "station/"), StationSchema())

    def patient(self, patient_id: int) -> ChartPatient | None:
        """A patient, None when there is none of this id."""
        patient: ChartPatient | None = self._one("patient", patient_id, PatientSchema())
        return patient

    def patient_ids_by_curp(self, curp: str) -> list[int]:
        """The patients whose whole CURP is this one, in any case."""
        text = curp.strip()
        if not is_curp(text):
            raise ValueError("a CURP must be a short text that is not empty")
        return self._ids("patient/", (("curp", text), ("exact", "true")))

    def patient_ids_by_oldid(self, oldid: int) -> list[int]:
        """The patients with this old id."""
        return self._ids("patient/", (("oldid", str(_positive("old patient", oldid))),))

    def registrations(self, clinic: int, patient: int | None = None) -> list[Registration]:
        """The registrations at a clinic, or of one patient there. Raises ChartNotFoundError when one is unknown."""
        params = _given(clinic=_positive("clinic", clinic), patient=patient)
        try:
            return self._list(Call("GET", "register/", tuple(params)), RegistrationSchema())
        except ChartRefusedError as error:
            if error.status == 400:
                raise ChartNotFoundError(status=400) from None
            raise

    def consents(self, clinic: int, patient: int) -> list[Consent]:
        """What a patient agreed to at a clinic, once for each registration; [] when one of the two is unknown too.

        From the public source of tscharts (`consent/views.py`): none is an empty list, unknown is 404.
        """
        params = _given(clinic=_positive("clinic", clinic), patient=_positive("patient", patient))
        return self._list(Call("GET", "consent/", tuple(params)), ConsentSchema())

    def _one(self, resource: str, number: int, schema: Schema) -> Any:
        """The record of an id, None when the chart has none."""
        call = Call("GET", f"{resource}/{_positive(resource, number)}/")
        try:
            record = read_record(schema, self._session.json(call), call)
        except ChartNotFoundError:
            return None
        if record.id != number:
            raise odd_answer(call)
        return record

    def _list(self, call: Call, schema: Schema) -> list[Any]:
        try:
            return read_records(schema, self._session.json(call), call)
        except ChartNotFoundError:
            return []

    def _ids(self, path: str, params: Params) -> list[int]:
        """The ids that match; tscharts says 404 for none (8)."""
        call = Call("GET", path, params)
        try:
            return read_id_list(self._session.json(call), call)
        except ChartNotFoundError:
            return []


def _positive(what: str, number: int) -> int:
    if not is_id(number):
        raise ValueError(f"a {what} id must be a whole number above 0")
    return number


def _given(**ids: int | None) -> list[tuple[str, str]]:
    """The parameters for those ids that are given."""
    return [(name, str(_positive(name, number))) for name, number in ids.items() if number is not None]
