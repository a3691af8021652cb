"""Codes for practices: whose guid they are for, and that a new one is kept."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bridge.errors import BridgeError
from bridge.medimage.pairing import PairingCode, PairingError
from bridge.medimage.pairing_codes import MemoryCodeBook
from bridge.medimage.pairing_desk import GuidRefusedError, PairingDesk, instructions, practice_with_token
from bridge.secret import Secret

GUID = "uPSE4UWHmJ8XqFUqvf"
OTHER_GUID = "aB3dE5fG7hI9jK1lM3"
NEW_GUID = "ZY6hytadcr9pRnhqyB"
BRIDGE = "http://192.168.1.20:5566"


class Guids:
    """Two practices and their guids, as the store keeps them."""

    def __init__(self, own: str | None = None, other: str | None = OTHER_GUID) -> None:
        self.kept = {"clinic-a": own, "clinic-b": other}
        self.before_saving: Callable[[], None] = lambda: None

    def guid_of(self, practice: str) -> str | None:
        return self.kept[practice]

    def practice_of_guid(self, guid: str) -> str | None:
        return next((name for name, own in self.kept.items() if own == guid), None)

    def save_guid(self, practice: str, guid: str) -> str:
        self.before_saving()
        self.kept[practice] = self.kept[practice] or guid
        return guid if self.kept[practice] == guid else str(self.kept[practice])


def desk(guids: Guids, make_code: Callable[[str | None, str], PairingCode] | None = None) -> PairingDesk:
    return PairingDesk(guids, make_code or MemoryCodeBook().open, BRIDGE)


def test_a_paired_practice_keeps_its_guid() -> None:
    guids = Guids(GUID)
    made = desk(guids).code_for("clinic-a")
    assert (made.guid, made.address) == (GUID, BRIDGE)
    assert desk(guids).code_for("clinic-a", GUID).guid == GUID
    assert guids.kept == {"clinic-a": GUID, "clinic-b": OTHER_GUID}


def test_the_first_guid_of_a_practice_is_saved() -> None:
    guids = Guids()
    made = desk(guids).code_for("clinic-a")
    assert guids.kept["clinic-a"] == made.guid
    assert desk(guids).code_for("clinic-a").guid == made.guid


def test_a_practice_without_a_guid_takes_the_one_that_another_system_has_for_it() -> None:
    guids = Guids()
    assert desk(guids).code_for("clinic-a", NEW_GUID).guid == NEW_GUID
    assert guids.kept["clinic-a"] == NEW_GUID


@pytest.mark.parametrize(("own", "asked"), [(GUID, OTHER_GUID), (GUID, NEW_GUID), (None, OTHER_GUID)])
def test_a_guid_that_is_not_the_practices_own_is_refused_and_nothing_made(own: str | None, asked: str) -> None:
    guids = Guids(own)
    made: list[PairingCode] = []

    def make_code(guid: str | None, address: str) -> PairingCode:
        made.append(MemoryCodeBook().open(guid, address))
        return made[-1]

    with pytest.raises(GuidRefusedError) as caught:
        desk(guids, make_code).code_for("clinic-a", asked)
    assert asked not in str(caught.value)
    assert guids.kept["clinic-a"] == own
    assert made == []


def test_of_two_first_pairings_at_once_both_lead_to_the_one_guid_that_is_kept() -> None:
    guids = Guids()
    guids.before_saving = lambda: guids.kept.update({"clinic-a": GUID})
    assert desk(guids).code_for("clinic-a").guid == GUID
    assert guids.kept["clinic-a"] == GUID


def test_of_two_first_pairings_at_once_the_one_with_another_guid_is_refused() -> None:
    guids = Guids()
    guids.before_saving = lambda: guids.kept.update({"clinic-a": GUID})
    with pytest.raises(GuidRefusedError):
        desk(guids).code_for("clinic-a", NEW_GUID)


def test_a_service_that_answers_with_another_practices_guid_is_not_believed() -> None:
    guids = Guids()
    hour = datetime(2026, 11, 21, tzinfo=UTC) + timedelta(hours=1)
    with pytest.raises(PairingError, match="taken already"):
        desk(guids, lambda _guid, address: PairingCode("ACDE", OTHER_GUID, address, "", hour)).code_for("clinic-a")
    assert guids.kept == {"clinic-a": None, "clinic-b": OTHER_GUID}


def test_no_code_is_given_for_a_guid_that_could_not_be_saved() -> None:
    guids = Guids()

    def fail() -> None:
        raise BridgeError("The disk is full; make room.")

    guids.before_saving = fail
    with pytest.raises(BridgeError, match="disk is full"):
        desk(guids).code_for("clinic-a")


def test_a_token_is_of_one_practice() -> None:
    tokens = {"clinic-a": Secret("token-of-a"), "clinic-b": Secret("token-of-b")}
    assert practice_with_token(tokens, Secret("token-of-b")) == "clinic-b"
    assert practice_with_token(tokens, Secret("token-of-c")) is None
    assert practice_with_token({}, Secret("")) is None


def test_the_person_with_the_phone_is_told_the_code_and_until_when() -> None:
    made = PairingCode("V7K2", GUID, BRIDGE, "", datetime(2026, 11, 21, 14, 5, tzinfo=UTC))
    assert "type the code V7K2 before 14:05 UTC" in instructions(made)


def test_the_address_of_a_practice_is_that_of_its_guid_and_none_before() -> None:
    guids = Guids()
    assert desk(guids).address_of("clinic-a") is None
    other = desk(guids).address_of("clinic-b")
    assert other is not None
    assert other.text == f"{BRIDGE}/write/{OTHER_GUID}"
    assert other.png_bytes().startswith(b"\x89PNG")
    assert other.svg_text().startswith("<svg")


def test_an_address_by_hand_gives_a_practice_its_guid_once() -> None:
    guids = Guids()
    made = desk(guids).address_by_hand("clinic-a")
    assert made.text == f"{BRIDGE}/write/{guids.kept['clinic-a']}"
    assert desk(guids).address_by_hand("clinic-a") == made
    assert desk(guids).address_of("clinic-a") == made


def test_of_two_addresses_by_hand_at_once_both_are_the_one_that_is_kept() -> None:
    guids = Guids()
    guids.before_saving = lambda: guids.kept.update({"clinic-a": GUID})
    assert desk(guids).address_by_hand("clinic-a").text == f"{BRIDGE}/write/{GUID}"
