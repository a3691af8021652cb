"""Whether a patient is registered and agreed to photos, asked of a chart over real HTTP. Clocks are turned by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
import requests
from chart_wire import Script, answering, as_json, serving

from bridge.sandbox import SandboxServer
from bridge.secret import Secret
from bridge.tscharts import (
    ChartAccount,
    ChartAnswerError,
    ChartClient,
    ChartDirectory,
    ChartNotFoundError,
    ChartUnreachableError,
    Consent,
)

SATURDAY, SUNDAY = date(2026, 11, 21), date(2026, 11, 22)
LATE_ON_SATURDAY = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
"""By the sandbox's own clock, in Los Angeles, 22:30."""
NEWCOMER = 12


@dataclass
class Hall:
    """A chart, an account on it, and its directory; `now` is the server's time, `seconds` the directory's."""

    now: datetime = LATE_ON_SATURDAY
    seconds: float = 1000.0
    server: SandboxServer = field(init=False)
    client: ChartClient = field(init=False)
    directory: ChartDirectory = field(init=False)

    def __post_init__(self) -> None:
        self.server = SandboxServer(clock=lambda: self.now)
        self.server.start()
        self.client = ChartClient(ChartAccount(self.server.url, token=Secret(self.server.token("bridge"))))
        self.directory = ChartDirectory(self.client, lambda: self.seconds)

    def post(self, resource: str, **fields: object) -> int:
        """Make something in the chart as its own tablets do, and give its id."""
        url = f"{self.server.url}/tscharts/v1/{resource}/"
        headers = {"Authorization": f"Token {self.server.token('nurse')}"}
        answer = requests.post(url, json=fields, headers=headers, timeout=5)
        assert answer.status_code == 200
        return int(answer.json()["id"])

    def agree(self, registration: int, patient: int, *, photos: bool) -> int:
        """Write down what a patient agreed to at a registration at clinic 2."""
        return self.post(
            "consent", registration=registration, patient=patient, clinic=2, general_consent=True, photo_consent=photos
        )

    def delete(self, path: str) -> None:
        """Take something out of the chart."""
        headers = {"Authorization": f"Token {self.server.token('nurse')}"}
        assert requests.delete(f"{self.server.url}/tscharts/v1/{path}", headers=headers, timeout=5).status_code == 200

    def asked(self, resource: str) -> int:
        """How often a resource was asked for by GET."""
        return sum(record.method == "GET" and resource in record.path for record in self.server.requests)


@pytest.fixture
def hall() -> Iterator[Hall]:
    hall = Hall()
    yield hall
    hall.client.close()
    hall.server.stop()


def test_a_patient_is_registered_on_the_day_that_the_charts_own_clock_said(hall: Hall) -> None:
    hall.post("register", clinic=2, patient=NEWCOMER)
    assert hall.directory.is_registered(NEWCOMER, 2, SATURDAY)
    assert not hall.directory.is_registered(NEWCOMER, 2, SUNDAY)
    assert not hall.directory.is_registered(NEWCOMER, 1, SATURDAY)
    assert not hall.directory.is_registered(11, 2, SATURDAY)


def test_of_several_registrations_at_a_clinic_the_one_of_the_day_counts(hall: Hall) -> None:
    hall.post("register", clinic=2, patient=NEWCOMER)
    hall.now += timedelta(days=1)
    hall.post("register", clinic=2, patient=NEWCOMER)
    assert hall.directory.is_registered(NEWCOMER, 2, SATURDAY)
    assert hall.directory.is_registered(NEWCOMER, 2, SUNDAY)
    (first, second) = hall.client.registrations(2, NEWCOMER)
    assert first.timein == datetime(2026, 11, 21, 22, 30)
    assert second.timein - first.timein == timedelta(days=1)


def test_a_registration_is_kept_for_five_minutes_and_none_for_five_seconds(hall: Hall) -> None:
    assert not hall.directory.is_registered(NEWCOMER, 2, SATURDAY)
    registration = hall.post("register", clinic=2, patient=NEWCOMER)
    hall.seconds += 4
    assert not hall.directory.is_registered(NEWCOMER, 2, SATURDAY)
    hall.seconds += 2
    assert hall.directory.is_registered(NEWCOMER, 2, SATURDAY)
    hall.delete(f"register/{registration}/")
    hall.seconds += 299
    assert hall.directory.is_registered(NEWCOMER, 2, SATURDAY)
    hall.seconds += 2
    assert not hall.directory.is_registered(NEWCOMER, 2, SATURDAY)
    assert hall.asked("register/") == 3


def test_who_agreed_to_photos_has_consented_and_who_did_not_or_was_not_asked_has_not(hall: Hall) -> None:
    hall.agree(1, 1, photos=True)
    hall.agree(2, 2, photos=False)
    assert hall.directory.has_photo_consent(1, 2)
    assert not hall.directory.has_photo_consent(2, 2)
    assert not hall.directory.has_photo_consent(3, 2)
    assert not hall.directory.has_photo_consent(1, 1)
    assert hall.client.consents(2, 2) == [Consent(2, 2, 2, 2, general_consent=True, photo_consent=False)]


@pytest.mark.parametrize("said_last", [True, False])
def test_of_several_consents_the_one_given_last_counts(hall: Hall, said_last: bool) -> None:
    hall.agree(1, 1, photos=not said_last)
    hall.now += timedelta(days=1)
    hall.agree(hall.post("register", clinic=2, patient=1), 1, photos=said_last)
    assert hall.directory.has_photo_consent(1, 2) is said_last


def test_a_consent_is_kept_for_a_minute_and_none_for_five_seconds(hall: Hall) -> None:
    assert not hall.directory.has_photo_consent(1, 2)
    consent = hall.agree(1, 1, photos=True)
    hall.seconds += 4
    assert not hall.directory.has_photo_consent(1, 2)
    hall.seconds += 2
    assert hall.directory.has_photo_consent(1, 2)
    hall.delete(f"consent/{consent}/")
    hall.seconds += 59
    assert hall.directory.has_photo_consent(1, 2)
    hall.seconds += 2
    assert not hall.directory.has_photo_consent(1, 2)
    assert hall.asked("consent/") == 3


def test_a_clinic_or_patient_that_the_chart_does_not_have_is_a_no(hall: Hall) -> None:
    for patient, clinic in ((999, 2), (1, 999)):
        assert not hall.directory.is_registered(patient, clinic, SATURDAY)
        assert not hall.directory.has_photo_consent(patient, clinic)
        assert hall.client.consents(clinic, patient) == []
        with pytest.raises(ChartNotFoundError):
            hall.client.registrations(clinic, patient)


@pytest.mark.parametrize("number", [0, -1, 2**63])
def test_an_id_that_no_record_can_have_is_a_no_without_asking(hall: Hall, number: int) -> None:
    assert not hall.directory.is_registered(number, 2, SATURDAY)
    assert not hall.directory.is_registered(1, number, SATURDAY)
    assert not hall.directory.has_photo_consent(number, 2)
    assert not hall.directory.has_photo_consent(1, number)
    assert hall.server.requests == ()


def test_forgetting_forgets_registrations_and_consents_too(hall: Hall) -> None:
    for _ in range(2):
        hall.directory.is_registered(1, 2, SATURDAY)
        hall.directory.has_photo_consent(1, 2)
        hall.directory.forget()
    assert (hall.asked("register/"), hall.asked("consent/")) == (2, 2)


def test_a_chart_that_is_away_is_an_error_and_no_answer(hall: Hall) -> None:
    hall.server.stop()
    with pytest.raises(ChartUnreachableError):
        hall.directory.is_registered(1, 2, SATURDAY)
    with pytest.raises(ChartUnreachableError):
        hall.directory.has_photo_consent(1, 2)


REGISTRATION = {"id": 1, "clinic": 2, "patient": 1, "timein": "2026-11-21T08:00:00", "state": "Checked In"}
CONSENT = {"id": 1, "registration": 1, "clinic": 2, "patient": 1, "general_consent": True, "photo_consent": True}


@pytest.mark.parametrize("timein", ["today", "2026-11-21T08:00:00Z", None, 1763712000])
def test_a_registration_without_a_local_time_is_an_odd_answer(timein: object) -> None:
    with _directory(_answer([REGISTRATION | {"timein": timein}])) as directory, pytest.raises(ChartAnswerError):
        directory.is_registered(1, 2, SATURDAY)


@pytest.mark.parametrize("photo_consent", ["true", "yes", None, 2, [True]])
def test_a_consent_that_is_neither_true_nor_false_is_an_odd_answer(photo_consent: object) -> None:
    with (
        _directory(_answer([CONSENT | {"photo_consent": photo_consent}])) as directory,
        pytest.raises(ChartAnswerError),
    ):
        directory.has_photo_consent(1, 2)


@pytest.mark.parametrize("other", [{"patient": 5}, {"clinic": 5}])
def test_records_of_others_in_an_answer_do_not_count(other: dict[str, int]) -> None:
    both = answering(as_json([REGISTRATION | other]), as_json([CONSENT | other]))
    with _directory(both) as directory:
        assert not directory.is_registered(1, 2, SATURDAY)
        assert not directory.has_photo_consent(1, 2)


def _answer(records: list[dict[str, object]]) -> Script:
    return answering(as_json(records))


@contextmanager
def _directory(*scripts: Script) -> Iterator[ChartDirectory]:
    """A directory of a chart that gives these answers."""
    with serving(*scripts) as server:
        client = ChartClient(ChartAccount(server.url, token=Secret("abc")))
        yield ChartDirectory(client)
        client.close()
