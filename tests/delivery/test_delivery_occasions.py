"""What takes a photo to its place beside its name: its practice, when it was taken, and whom the chart knows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests
from outage_tools import trouble

from bridge.holds import HoldReason
from bridge.photos import Photo, PhotoState
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.service import Service
from bridge.settings import Config
from bridge_runner import GUID, OTHER_GUID, make_config, running_bridge
from phone import picture, post_photo, wait_until

HERE = ZoneInfo("America/Los_Angeles")
NOON = datetime.now(UTC).astimezone(HERE).replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None)
YESTERDAY = NOON - timedelta(days=1)
NEWCOMER = 12
RULES = "version: 1\npatient: {id: {form: id}}\ntypes: {Xray: }\n"


def config_with(folder: Path, chart: SandboxServer, rules: str) -> Config:
    config = make_config(folder, chart.url)
    (folder / "thousand-smiles.yaml").write_text(RULES + rules)
    return config


def send(bridge: Service, patient: int, taken: datetime | None, guid: str = GUID) -> Photo:
    tail = f"-{taken:%d-%b-%Y-%H-%M-%S}" if taken else ""
    name = f"#{guid}-#{patient}-#xray{tail}.jpg"
    assert post_photo(bridge.web.port, name, picture(patient)).status == 200
    (photo,) = bridge.store.photos_named(name)
    return photo


def settled(bridge: Service, photo: Photo) -> Photo:
    ends = (PhotoState.DELIVERED, PhotoState.HELD)
    wait_until(lambda: bridge.store.photo(photo.id).state in ends)
    return bridge.store.photo(photo.id)


def in_chart(chart: SandboxServer) -> list[tuple[int, int | None, int | None]]:
    return sorted((image.patient, image.clinic, image.station) for image in chart.images())


def test_stations_go_by_time_and_practice_and_clinics_by_date(tmp_path: Path, chart: SandboxServer) -> None:
    rules = f"""\
defaults:
  station: Dental1
  station_by_practice: {{clinic-b: ENT}}
  station_by_time: [{{from: '8:00', until: '12:00', station: X-Ray}}]
clinic: {{dates: {{{YESTERDAY:%Y-%m-%d}: 1}}}}
"""
    with running_bridge(config_with(tmp_path, chart, rules)) as bridge:
        sent = [
            send(bridge, 1, YESTERDAY.replace(hour=11, minute=59, second=59)),
            send(bridge, 2, YESTERDAY),
            send(bridge, 3, YESTERDAY, OTHER_GUID),
            send(bridge, 4, YESTERDAY - timedelta(days=1, hours=2)),
        ]
        found = [settled(bridge, photo) for photo in sent]
    assert [photo.state for photo in found] == [*[PhotoState.DELIVERED] * 3, PhotoState.HELD]
    assert found[3].hold_reason is HoldReason.NO_CLINIC_TODAY
    assert in_chart(chart) == [(1, 1, 3), (2, 1, 1), (3, 1, 2)]


def test_a_photo_that_does_not_say_when_belongs_to_the_day_it_came(tmp_path: Path, chart: SandboxServer) -> None:
    today = datetime.now(UTC).astimezone(HERE).date()
    dates = f"clinic: {{dates: {{{today - timedelta(days=1)}..{today + timedelta(days=1)}: 1}}, otherwise: 2}}\n"
    with running_bridge(config_with(tmp_path, chart, dates)) as bridge:
        assert settled(bridge, send(bridge, 1, None)).state is PhotoState.DELIVERED
    assert in_chart(chart) == [(1, 1, None)]


@pytest.mark.parametrize("clinic", ["dates: {2000-01-01: 2}, otherwise: 1", "dates: {2000-01-01..2099-12-31: 1}"])
def test_a_clinic_by_date_waits_while_the_day_is_in_doubt(clinic: str, tmp_path: Path, chart: SandboxServer) -> None:
    with running_bridge(config_with(tmp_path, chart, f"clinic: {{{clinic}}}\n")) as bridge:
        chart.faults.add(Fault(FaultKind.CLOCK, offset_seconds=86400))
        photo = send(bridge, 1, None)
        assert "so it is not sure to which clinic day photos belong" in trouble(bridge)
        assert chart.images() == ()
        chart.faults.clear()
        assert settled(bridge, photo).state is PhotoState.DELIVERED


def test_an_unregistered_patients_photo_is_held_until_the_patient_is_registered(
    tmp_path: Path, chart: SandboxServer
) -> None:
    rules = "clinic: today\nrequire: [registered-today]\n"
    with running_bridge(config_with(tmp_path, chart, rules)) as bridge:
        assert settled(bridge, send(bridge, 1, None)).state is PhotoState.DELIVERED
        photo = settled(bridge, send(bridge, NEWCOMER, None))
        assert photo.hold_reason is HoldReason.NOT_REGISTERED
        post(chart, "register", patient=NEWCOMER, clinic=2)
        bridge.store.retry(photo.id, "test")
        assert settled(bridge, photo).state is PhotoState.DELIVERED
    assert [patient for patient, _, _ in in_chart(chart)] == [1, NEWCOMER]


def test_a_photo_without_consent_is_held_until_the_consent_is_there(tmp_path: Path, chart: SandboxServer) -> None:
    rules = "clinic: today\nrequire: [registered-today, photo-consent]\n"
    with running_bridge(config_with(tmp_path, chart, rules)) as bridge:
        photo = settled(bridge, send(bridge, 1, None))
        assert photo.hold_reason is HoldReason.NO_CONSENT
        post(chart, "consent", registration=1, patient=1, clinic=2, general_consent=True, photo_consent=True)
        bridge.store.retry(photo.id, "test")
        assert settled(bridge, photo).state is PhotoState.DELIVERED


def post(chart: SandboxServer, resource: str, **fields: object) -> None:
    """Make something in the chart as its own tablets do."""
    headers = {"Authorization": f"Token {chart.token('nurse')}"}
    answer = requests.post(f"{chart.url}/tscharts/v1/{resource}/", json=fields, headers=headers, timeout=5)
    assert answer.status_code == 200
