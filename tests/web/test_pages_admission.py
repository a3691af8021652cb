"""Tickets: whoever reads the data folder makes them, and each opens one thing, once, for ten minutes."""

import os
import stat
import threading
from pathlib import Path

import pytest

from bridge.admission import KEY_FILE, TICKET_SECONDS, Admission, AdmissionError, Purpose
from bridge.secret import Secret


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_ticket_of_one_process_opens_another_of_the_same_folder_once(tmp_path: Path) -> None:
    bridge, command = Admission.in_folder(tmp_path / "data"), Admission.in_folder(tmp_path / "data")
    ticket = command.ticket(Purpose.PAGES)
    assert bridge.admits(ticket, Purpose.PAGES)
    assert not bridge.admits(ticket, Purpose.PAGES)


def test_a_ticket_for_codes_opens_no_pages(tmp_path: Path) -> None:
    admission = Admission.in_folder(tmp_path)
    ticket = admission.ticket(Purpose.PAIRING)
    assert not admission.admits(ticket, Purpose.PAGES)
    assert admission.admits(ticket, Purpose.PAIRING)


@pytest.mark.parametrize(("age", "is_admitted"), [(0, True), (TICKET_SECONDS, True), (TICKET_SECONDS + 1, False)])
def test_a_ticket_runs_out(tmp_path: Path, age: int, is_admitted: bool) -> None:
    clock = Clock()
    admission = Admission.in_folder(tmp_path, clock)
    ticket = admission.ticket(Purpose.PAGES)
    clock.seconds += age
    assert admission.admits(ticket, Purpose.PAGES) is is_admitted


def test_a_ticket_that_an_earlier_run_may_have_taken_is_refused(tmp_path: Path) -> None:
    clock = Clock()
    ticket = Admission.in_folder(tmp_path, clock).ticket(Purpose.PAGES)
    clock.seconds += 1
    assert not Admission.in_folder(tmp_path, clock).admits(ticket, Purpose.PAGES)


def test_a_used_ticket_is_remembered_for_as_long_as_it_is_good(tmp_path: Path) -> None:
    clock = Clock()
    admission = Admission.in_folder(tmp_path, clock)
    ticket = admission.ticket(Purpose.PAGES)
    for _ in range(3):
        is_first = clock.seconds == 1_800_000_000.0
        assert admission.admits(ticket, Purpose.PAGES) is is_first
        clock.seconds += TICKET_SECONDS / 2


def test_of_many_at_once_one_gets_in_with_a_ticket(tmp_path: Path) -> None:
    admission = Admission.in_folder(tmp_path)
    ticket, admitted = admission.ticket(Purpose.PAGES), list[bool]()
    threads = [
        threading.Thread(target=lambda: admitted.append(admission.admits(ticket, Purpose.PAGES))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert admitted.count(True) == 1


@pytest.mark.parametrize("text", ["", "x", "a.b", "W10.x", "." * 5000, "ü", "\ud800", "\0"])
def test_what_is_no_ticket_is_refused(tmp_path: Path, text: str) -> None:
    assert not Admission.in_folder(tmp_path).admits(Secret(text), Purpose.PAGES)


def test_a_ticket_of_another_bridge_or_a_changed_one_is_refused(tmp_path: Path) -> None:
    here, elsewhere = Admission.in_folder(tmp_path / "here"), Admission.in_folder(tmp_path / "elsewhere")
    ticket = here.ticket(Purpose.PAGES).reveal()
    assert not elsewhere.admits(Secret(ticket), Purpose.PAGES)
    assert not here.admits(Secret(ticket[:-3] + "abc"), Purpose.PAGES)
    assert here.admits(Secret(ticket), Purpose.PAGES)


def test_derived_keys_differ_by_use_and_bridge_and_stay_the_same(tmp_path: Path) -> None:
    here, again = Admission.in_folder(tmp_path / "here"), Admission.in_folder(tmp_path / "here")
    elsewhere = Admission.in_folder(tmp_path / "elsewhere")
    keys = {here.derived_key("a"), again.derived_key("a"), here.derived_key("b"), elsewhere.derived_key("a")}
    assert len(keys) == 3
    assert (tmp_path / "here" / KEY_FILE).read_bytes() not in keys


def test_many_that_make_the_key_at_once_agree_on_it_and_leave_nothing_else(tmp_path: Path) -> None:
    keys: list[bytes] = []
    start = threading.Barrier(12)

    def make() -> None:
        start.wait()
        keys.append(Admission.in_folder(tmp_path).derived_key("x"))

    threads = [threading.Thread(target=make) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 12
    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_nobody_else_may_read_the_key(tmp_path: Path) -> None:
    Admission.in_folder(tmp_path)
    mode = stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode)
    assert mode == 0o600 or os.name != "posix"


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_damaged_key_is_told_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(AdmissionError, match="is damaged; remove it"):
        Admission.in_folder(tmp_path)


def test_a_key_that_cannot_be_read_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).mkdir()
    with pytest.raises(AdmissionError, match=r"cannot be used .* as the user that the bridge runs as"):
        Admission.in_folder(tmp_path)
