"""The bridge's own pairing service and the admin's tickets: who can read the data folder gets codes."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pairing_site import BRIDGE, GUID, Site, site

from bridge.admission import Admission, Purpose
from bridge.medimage.pairing import PairingError, PairingService, ask_for_code
from bridge.medimage.pairing_views import SERVICE_PATH
from bridge.secret import Secret

TARGET = f"{SERVICE_PATH}?guid={GUID}&proxyServer=http%3A%2F%2F192.168.1.20%3A5566"


@pytest.fixture
def admission(tmp_path: Path) -> Admission:
    return Admission.in_folder(tmp_path)


@pytest.fixture
def bridge(admission: Admission) -> Iterator[Site]:
    """As it is by default: no program of this machine is taken for the admin's."""
    with site(partial(admission.admits, purpose=Purpose.PAIRING), codes_on_this_machine=False) as running:
        yield running


def service(bridge: Site, ticket: Secret | None) -> PairingService:
    return PairingService(f"http://127.0.0.1:{bridge.port}{SERVICE_PATH}", bearer=ticket)


def test_a_ticket_gets_one_code(bridge: Site, admission: Admission) -> None:
    asked = service(bridge, admission.ticket(Purpose.PAIRING))
    made = ask_for_code(asked, GUID, BRIDGE)
    assert bridge.compare(made.code) == f"{BRIDGE}/write/{GUID}\n"
    with pytest.raises(PairingError, match="with the error 403"):
        ask_for_code(asked, GUID, BRIDGE)


def test_by_default_this_machine_alone_gets_none(bridge: Site) -> None:
    assert bridge.ask("GET", TARGET).status == 403
    assert bridge.ask("GET", TARGET, headers={"Host": "localhost"}).status == 403


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "token-of-nobody"])
def test_what_is_no_ticket_gets_none(bridge: Site, token: str) -> None:
    answer = bridge.ask("GET", TARGET, headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 403
    assert GUID not in answer.body.decode()


def test_a_ticket_for_pages_gets_no_code(bridge: Site, admission: Admission) -> None:
    with pytest.raises(PairingError, match="with the error 403"):
        ask_for_code(service(bridge, admission.ticket(Purpose.PAGES)), GUID, BRIDGE)


def test_a_ticket_is_not_used_up_by_a_phone_that_compares(bridge: Site, admission: Admission) -> None:
    ticket = admission.ticket(Purpose.PAIRING)
    headers = {"Authorization": f"Bearer {ticket.reveal()}"}
    assert bridge.ask("GET", f"{SERVICE_PATH}?compare=2222", headers=headers).body == b"nomatch"
    assert ask_for_code(service(bridge, ticket), GUID, BRIDGE).guid == GUID


def test_a_wrong_ticket_is_not_made_good_by_asking_on_this_machine(admission: Admission) -> None:
    with site(partial(admission.admits, purpose=Purpose.PAIRING), codes_on_this_machine=True) as bridge:
        assert bridge.ask("GET", TARGET, headers={"Authorization": "Bearer wrong"}).status == 403


def test_a_ticket_appears_in_no_error_and_no_repr(bridge: Site, admission: Admission) -> None:
    ticket = admission.ticket(Purpose.PAGES)
    asked = service(bridge, ticket)
    with pytest.raises(PairingError) as caught:
        ask_for_code(asked, GUID, BRIDGE)
    assert ticket.reveal() not in str(caught.value) + repr(asked)
