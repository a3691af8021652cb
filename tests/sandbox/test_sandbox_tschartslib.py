"""The chart's own client library, and its own tests, against the sandbox."""

import unittest
from types import ModuleType

import pytest
from tschartslib.clinic import clinic
from tschartslib.image.image import CreateImage, DeleteImage, GetImage
from tschartslib.station import station
from tschartslib.tscharts import tscharts
from tschartslib.tscharts.tscharts import Login

from bridge.sandbox import SandboxServer

SUITES = {
    "clinic": (clinic, clinic.TestTSClinic, 5),
    "station": (station, station.TestTSStation, 4),
    "login and users": (tscharts, tscharts.TestTSCharts, 12),
}
"""Its modules, their tests, and how many the real server passes: all of these (contract/tscharts-clients.md)."""


def signed_in(server: SandboxServer) -> tuple[str, int, str]:
    status, answer = Login("127.0.0.1", server.port, "bridge", "bridge-pass").send(timeout=5)
    assert status == 200
    return "127.0.0.1", server.port, answer["token"]


def test_it_signs_in_stores_reads_lists_and_deletes_an_image(server: SandboxServer) -> None:
    at = signed_in(server)
    create = CreateImage(*at)
    create.setPatient(123)
    create.setClinic(2)
    create.setStation(3)
    create.setType("Xray")
    create.setData("QUJDREVG")
    status, created = create.send(timeout=5)
    assert status == 200

    one = GetImage(*at)
    one.setId(created["id"])
    expected = {"id": created["id"], "patient": 123, "clinic": 2, "station": 3, "type": "Xray", "data": "QUJDREVG"}
    assert one.send(timeout=5) == (200, expected)

    listed = GetImage(*at)
    listed.setPatient(123)
    listed.setSort("true")
    assert listed.send(timeout=5) == (200, [created["id"]])

    assert DeleteImage(*at, created["id"]).send(timeout=5) == (200, {})
    assert listed.send(timeout=5) == (404, {})


def test_a_wrong_password_is_refused(server: SandboxServer) -> None:
    assert Login("127.0.0.1", server.port, "bridge", "wrong").send(timeout=5) == (403, {})


@pytest.mark.parametrize("name", SUITES)
def test_its_own_tests_pass_as_they_do_on_the_real_server(server: SandboxServer, name: str) -> None:
    module, case, count = SUITES[name]
    point_at(module, server)
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert (result.errors, result.failures, result.testsRun) == ([], [], count)


def point_at(module: ModuleType, server: SandboxServer) -> None:
    """Set what the library's command line would set."""
    settings = {"host": "127.0.0.1", "port": server.port, "username": "bridge", "password": "bridge-pass"}
    vars(module).update(settings)
