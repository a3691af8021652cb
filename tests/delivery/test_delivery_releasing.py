"""Held photos are let go when an edit of the mapping file files them: bridge/delivery/releasing.py."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from late_and_early import photo, send, settled
from outage_tools import HandClock
from reload_tools import BASE, edit, history, mapping, reload_config, version_of

from bridge.delivery import Courier, Releases
from bridge.holds import HoldReason
from bridge.mapping import load_mapping
from bridge.photos import Photo, PhotoState, after_restore
from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge.settings import Config
from bridge.targets import ChartTarget, ImageType
from phone import wait_until
from postgres_server import new_database

AT = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
CARA = mapping(types="{Headshot: {aliases: [cara]}, Xray: , Surgery: }")
MENDED = BASE + "# mended\n"
"""BASE alone ends as what is mended goes on, as if an editor had not written it whole."""

DELIVERED, HELD, QUEUED = PhotoState.DELIVERED, PhotoState.HELD, PhotoState.QUEUED


@contextlib.contextmanager
def running_bridge(config: Config) -> Iterator[Service]:
    """A bridge in which a version lets photos go as soon as it is in force."""
    service = Service(config, release_after_seconds=0)
    service.start()
    try:
        yield service
    finally:
        service.stop()


@pytest.fixture
def made(tmp_path: Path, chart: SandboxServer) -> tuple[Config, Path]:
    return reload_config(tmp_path, chart.url)


@pytest.fixture
def file(made: tuple[Config, Path]) -> Path:
    return made[1]


@pytest.fixture
def bridge(made: tuple[Config, Path]) -> Iterator[Service]:
    with running_bridge(made[0]) as service:
        yield service


def held(bridge: Service, words: str, reason: HoldReason, number: int = 1) -> Photo:
    found = settled(bridge, send(bridge, words, AT, number))
    assert found.hold_reason is reason
    return found


def in_force(bridge: Service, version: str) -> None:
    """Wait until both practices' photos are mapped by this version, and what was held has been looked at."""
    wait_until(lambda: {each.version for each in bridge.shelf.in_force()} == {version})
    wait_until(lambda: bridge.store.change_shared("mapping tried clinic-a", bytes).decode() == version)


def test_an_edit_lets_a_held_photo_go_and_the_history_names_both_versions(
    bridge: Service, file: Path, chart: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bridge")
    photo_held = held(bridge, "3-cara", HoldReason.NO_TYPE)
    assert photo_held.mapping_version == version_of(BASE)
    version = edit(file, CARA)
    wait_until(lambda: bridge.store.photo(photo_held.id).state is DELIVERED)
    delivered = bridge.store.photo(photo_held.id)
    assert delivered.mapping_version == version
    (detail,) = [detail for reason, detail in history(bridge, delivered) if reason == "released"]
    assert detail == (
        f"version {version} of the mapping file says where it belongs; it was held by version {version_of(BASE)}"
    )
    assert [(image.patient, image.type) for image in chart.images()] == [(3, "Headshot")]
    assert f"event=released practice=clinic-a version={version} photos=1" in caplog.text


def test_what_was_edited_while_the_bridge_was_stopped_lets_photos_go_after_the_start(
    made: tuple[Config, Path], chart: SandboxServer
) -> None:
    config, file = made
    with running_bridge(config) as bridge:
        number = held(bridge, "3-cara", HoldReason.NO_TYPE).id
    version = edit(file, CARA)
    with running_bridge(config) as bridge:
        wait_until(lambda: bridge.store.photo(number).state is DELIVERED)
        assert bridge.store.photo(number).mapping_version == version
        assert sum(reason == "released" for reason, _ in history(bridge, bridge.store.photo(number))) == 1


WAYS = {
    "a patient": ("#p3-xray", HoldReason.NO_PATIENT, mapping(patient="{p: {form: id, prefix: [p]}}")),
    "which type": (
        "3-xray-surgery",
        HoldReason.AMBIGUOUS_TYPE,
        mapping(types="{Headshot: , Xray: }"),
    ),
}


@pytest.mark.parametrize(("words", "reason", "mended"), WAYS.values(), ids=WAYS)
def test_it_lets_go_what_the_name_alone_did_not_say(
    bridge: Service, file: Path, words: str, reason: HoldReason, mended: str
) -> None:
    number = held(bridge, words, reason).id
    edit(file, mended)
    wait_until(lambda: bridge.store.photo(number).state is DELIVERED)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (mapping(defaults="{station: Dentil1}"), HoldReason.UNKNOWN_STATION),
        (mapping(clinic="99"), HoldReason.UNKNOWN_CLINIC),
    ],
    ids=["station", "clinic"],
)
def test_it_lets_go_what_the_chart_did_not_know_once_the_file_says_something_else(
    bridge: Service, file: Path, wrong: str, reason: HoldReason
) -> None:
    version = edit(file, wrong)
    in_force(bridge, version)
    number = held(bridge, "3-xray", reason).id
    in_force(bridge, edit(file, wrong + "# not better\n"))
    assert bridge.store.photo(number).state is HELD
    assert bridge.store.photo(number).mapping_version == version
    edit(file, MENDED)
    wait_until(lambda: bridge.store.photo(number).state is DELIVERED)
    assert sum(each == "released" for each, _ in history(bridge, bridge.store.photo(number))) == 1


def test_it_lets_go_what_was_held_for_a_requirement_that_was_taken_back(bridge: Service, file: Path) -> None:
    in_force(bridge, edit(file, mapping(require="[photo-consent]")))
    number = held(bridge, "3-xray", HoldReason.NO_CONSENT).id
    in_force(bridge, edit(file, mapping(require="[photo-consent, registered-today]")))
    assert bridge.store.photo(number).state is HELD
    edit(file, MENDED)
    wait_until(lambda: bridge.store.photo(number).state is DELIVERED)


def test_an_edit_that_does_not_file_a_photo_leaves_it_as_it_is(bridge: Service, file: Path) -> None:
    photos = [
        held(bridge, "3-cara", HoldReason.NO_TYPE, 1),
        held(bridge, "77-xray", HoldReason.UNKNOWN_PATIENT, 2),
    ]
    in_force(bridge, edit(file, mapping(ignore="[nada]")))
    assert [bridge.store.photo(each.id) for each in photos] == photos


def read_behind(prefix: str, passed_over: str) -> str:
    """A mapping file that reads the number behind this prefix, and passes over another word."""
    rules = f"{{chart-number: {{form: id}}, prefixed: {{form: id, prefix: [{prefix}]}}}}"
    return mapping(patient=rules, ignore=f"[{passed_over}]")


def test_it_lets_go_whom_the_chart_did_not_know_once_another_patient_is_read(
    bridge: Service, file: Path, chart: SandboxServer
) -> None:
    in_force(bridge, edit(file, read_behind("n", "exp3")))
    number = held(bridge, "n77-exp3-xray", HoldReason.UNKNOWN_PATIENT).id
    other = held(bridge, "n78-xray", HoldReason.UNKNOWN_PATIENT, 2)
    edit(file, read_behind("exp", "n77"))
    wait_until(lambda: bridge.store.photo(number).state is DELIVERED)
    assert [image.patient for image in chart.images()] == [3]
    assert bridge.store.photo(other.id) == other


def test_whom_the_chart_does_not_know_stays_where_only_the_rest_is_read_otherwise(bridge: Service, file: Path) -> None:
    found = held(bridge, "77-xray", HoldReason.UNKNOWN_PATIENT)
    in_force(bridge, edit(file, mapping(clinic="1")))
    assert bridge.store.photo(found.id) == found


def test_whom_the_chart_does_not_know_stays_when_the_version_that_read_it_is_not_known_any_more(
    bridge: Service, file: Path
) -> None:
    in_force(bridge, edit(file, read_behind("n", "exp3")))
    found = held(bridge, "n77-exp3-xray", HoldReason.UNKNOWN_PATIENT)
    for old in (bridge.config.data_folder / "mappings" / "versions").iterdir():
        old.unlink()
    in_force(bridge, edit(file, read_behind("exp", "n77")))
    assert bridge.store.photo(found.id) == found


def test_a_version_has_to_stand_for_a_while_before_it_lets_photos_go(bridge: Service, file: Path) -> None:
    clock = HandClock()
    bridge.releases.stop()
    desk = bridge._desk(bridge.config.practice("clinic-a"))
    releases = Releases(bridge.store, {"clinic-a": desk}, bridge.shelf.earlier, clock)
    number = held(bridge, "3-cara", HoldReason.NO_TYPE).id
    bridge.deliverer.stop()
    releases.work()
    clock.now += 60
    for text in (CARA, CARA + "# once more\n"):
        edit(file, text)
        wait_until(lambda text=text: bridge.shelf.in_force()[0].version == version_of(text))
        releases.work()
        clock.now += Releases.STANDS_SECONDS - 0.5
        releases.work()
        assert bridge.store.photo(number).state is HELD
    clock.now += 0.5
    releases.work()
    assert bridge.store.photo(number).state is QUEUED


def test_what_is_left_of_a_file_that_was_cut_short_lets_nothing_go(bridge: Service, file: Path) -> None:
    """Without its last line the file is good, and asks for no consent."""
    version = edit(file, mapping(require="[photo-consent]"))
    in_force(bridge, version)
    found = held(bridge, "3-xray", HoldReason.NO_CONSENT)
    edit(file, BASE)
    wait_until(lambda: bool(bridge.shelf.warnings()))
    assert {each.version for each in bridge.shelf.in_force()} == {version}
    bridge.releases.work()
    assert bridge.store.photo(found.id) == found


@pytest.mark.parametrize(
    "broken", [CARA.replace("cara", "cara, xray"), CARA + "examples: [{name: 3-cara, patient: 4}]"]
)
def test_a_broken_edit_lets_nothing_go_and_the_log_says_what_stays_in_force(
    bridge: Service, file: Path, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bridge")
    found = held(bridge, "3-cara", HoldReason.NO_TYPE)
    edit(file, broken)
    wait_until(lambda: all(each.is_broken for each in bridge.shelf.in_force()))
    bridge.releases.work()
    assert bridge.store.photo(found.id) == found
    other = held(bridge, "4-cara", HoldReason.NO_TYPE, 2)
    assert other.mapping_version == version_of(BASE)
    wrong = bridge.shelf.in_force()[0]
    stays = (
        f"event=mapping-problem practice=clinic-a kind=error problems={len(wrong.problems)} in-force={version_of(BASE)}"
    )
    wait_until(lambda: stays in caplog.text)
    assert caplog.text.count("event=mapping-problem practice=clinic-a") == 1
    edit(file, BASE)
    wait_until(lambda: "event=mappings-good" in caplog.text)


def test_what_a_person_has_done_stays_done(bridge: Service, file: Path) -> None:
    discarded, assigned = (held(bridge, f"{number}-cara", HoldReason.NO_TYPE, number) for number in (3, 4))
    bridge.store.discard(discarded.id, "sofia", "")
    bridge.store.assign(assigned.id, ChartTarget(99, ImageType.XRAY, 2, None), "sofia")
    wait_until(lambda: bridge.store.photo(assigned.id).state is not QUEUED)
    before = [history(bridge, each) for each in (discarded, assigned)]
    in_force(bridge, edit(file, CARA))
    wait_until(lambda: bridge.store.photo(assigned.id).state in (HELD, DELIVERED))
    after = [history(bridge, each) for each in (discarded, assigned)]
    assert after[0] == before[0]
    assert "released" not in [reason for reason, _ in after[1]]


def test_what_comes_from_a_backup_waits_for_a_person(made: tuple[Config, Path]) -> None:
    config, file = made
    with running_bridge(config) as bridge:
        number = held(bridge, "3-cara", HoldReason.NO_TYPE).id
    after_restore(config.data_folder)
    version = edit(file, CARA)
    with running_bridge(config) as bridge:
        in_force(bridge, version)
        assert bridge.store.photo(number).state is HELD


def test_what_another_bridge_has_held_by_an_old_version_meanwhile_is_let_go_in_a_while(
    bridge: Service, file: Path
) -> None:
    clock = HandClock()
    desk = bridge._desk(bridge.config.practice("clinic-a"))
    releases = Releases(bridge.store, {"clinic-a": desk}, bridge.shelf.earlier, clock, stands_seconds=0)
    found = held(bridge, "3-cara", HoldReason.NO_TYPE)
    bridge.releases.stop()
    edit(file, CARA)
    wait_until(lambda: {each.version for each in bridge.shelf.in_force()} == {version_of(CARA)})
    bridge.deliverer.stop()
    releases.work()
    again = bridge.store.claim("a bridge that has not seen the edit")
    assert again is not None
    bridge.store.set_mapping_version(again, found.mapping_version or "")
    bridge.store.hold(again, found.hold or pytest.fail("it was held"))
    releases.work()
    assert bridge.store.photo(found.id).state is HELD
    clock.now += 5
    releases.work()
    assert bridge.store.photo(found.id).state is QUEUED


def test_where_the_version_that_held_a_photo_is_not_known_any_more_it_is_tried_once(
    bridge: Service, file: Path
) -> None:
    in_force(bridge, edit(file, mapping(clinic="99")))
    number = held(bridge, "3-xray", HoldReason.UNKNOWN_CLINIC).id
    for old in (bridge.config.data_folder / "mappings" / "versions").iterdir():
        old.unlink()
    version = edit(file, mapping(clinic="99") + "# not better\n")
    wait_until(lambda: bridge.store.photo(number).mapping_version == version)
    wait_until(lambda: bridge.store.photo(number).state is HELD)
    bridge.releases.work()
    assert sum(each == "released" for each, _ in history(bridge, bridge.store.photo(number))) == 1


def test_of_several_bridges_one_lets_a_photo_go(tmp_path: Path, chart: SandboxServer) -> None:
    with new_database() as url, contextlib.ExitStack() as stack:
        machines, files = [], []
        for number in range(2):
            folder = tmp_path / f"machine-{number}"
            folder.mkdir()
            (folder / "database-url").write_text(url)
            config, file = reload_config(folder, chart.url, "database: {url_file: database-url}")
            machines.append(stack.enter_context(running_bridge(config)))
            files.append(file)
        photos = [held(machines[number % 2], f"{number}-cara", HoldReason.NO_TYPE, number) for number in range(3, 9)]
        for file in files:
            edit(file, CARA)
        wait_until(lambda: machines[0].store.counts()[DELIVERED] == len(photos), 30)
        for each in photos:
            assert sum(reason == "released" for reason, _ in history(machines[1], each)) in (1, 2)
        assert sorted(image.patient for image in chart.images()) == list(range(3, 9))


def test_one_try_is_by_one_version_whatever_is_edited_meanwhile(bridge: Service, tmp_path: Path) -> None:
    """Whenever the mapping is asked for, another version is in force."""
    bridge.deliverer.stop()
    name = send(bridge, "3-xray", AT, 1)
    texts = [mapping(clinic=str(clinic)) for clinic in (2, 1)]
    files = [tmp_path / f"{number}.yaml" for number in range(2)]
    for text, file in zip(texts, files, strict=True):
        edit(file, text)
    versions = iter([load_mapping(file) for file in files])
    desk = replace(bridge._desk(bridge.config.practice("clinic-a")), mapping=lambda: next(versions))
    claimed = bridge.store.claim("here")
    assert claimed is not None
    receipt = Courier(bridge.store, bridge.config.delivery, bridge.look_ahead.pictures).carry(claimed, desk)
    delivered = photo(bridge, name)
    assert delivered.state is DELIVERED
    assert delivered.mapping_version == version_of(texts[0])
    assert receipt is not None
    assert receipt.target.clinic == 2
