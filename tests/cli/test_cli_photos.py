"""`photos list|show|retry|assign|discard` (bridge/cli/photos.py)."""

import contextlib
import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_runs import NAME, Command, Ended, held_photo, queued_photo
from click.testing import CliRunner

from bridge.cli import cli
from bridge.holds import Hold, HoldReason
from bridge.photos import Act, Outcome, PendingAct, PhotoState, SqliteStore
from bridge.sandbox import SandboxServer
from bridge.settings import Config
from bridge.targets import ChartTarget, ImageType
from bridge_runner import make_config, running_bridge
from phone import wait_until

Bridge = Callable[..., Ended]


def shown(bridge: Bridge, number: int = 1) -> dict[str, object]:
    """A photo as `photos show --json` tells it."""
    told: dict[str, object] = json.loads(bridge("photos", "show", number, "--json").out)
    return told


def test_an_empty_store_has_no_photos(bridge: Bridge) -> None:
    assert bridge("photos", "list").out == "There are no such photos.\n"
    assert json.loads(bridge("photos", "list", "--json").out) == []


def test_a_list_has_the_newest_first_with_state_and_reason(bridge: Bridge, config: Config) -> None:
    held_photo(config)
    queued_photo(config, NAME.replace("999", "5"), "clinic-b")
    headings, *lines = bridge("photos", "list").out.splitlines()
    assert headings.split() == ["number", "state", "reason", "received", "(UTC)", "practice", "name"]
    assert [line.split()[:2] for line in lines] == [["2", "queued"], ["1", "held"]]
    assert lines[1].split()[2::4] == ["unknown-patient", NAME]
    assert "clinic-b" in lines[0]


def test_a_practice_that_is_not_in_the_config_is_refused(bridge: Bridge) -> None:
    done = bridge("photos", "list", "--practice", "clinic-z")
    assert done.code == 1
    assert "There is no practice `clinic-z`" in done.errors[0]


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ([], [2, 1]),
        (["--state", "held"], [1]),
        (["--state", "held", "--state", "queued"], [2, 1]),
        (["--state", "delivered"], []),
        (["--practice", "clinic-b"], [2]),
        (["--limit", "1"], [2]),
    ],
)
def test_a_list_can_be_narrowed(bridge: Bridge, config: Config, options: list[str], numbers: list[int]) -> None:
    held_photo(config)
    queued_photo(config, NAME.replace("999", "5"), "clinic-b")
    assert [photo["id"] for photo in json.loads(bridge("photos", "list", "--json", *options).out)] == numbers


def test_show_tells_what_a_photo_is_why_it_waits_and_its_history(bridge: Bridge, config: Config) -> None:
    held_photo(config)
    out = bridge("photos", "show", 1).out
    assert f"name: {NAME}\n" in out
    assert "hold: unknown-patient: The chart has no patient with id 999; assign the photo.\n" in out
    assert "captured_at: 2026-11-21T10:11:12\n" in out
    assert "queued: received by photo-api (bridge)" in out
    assert "held: unknown-patient (bridge)" in out
    assert "what you can do: `photos assign 1 --patient NUMBER --type TYPE`, `photos retry 1` or" in out
    assert "None" not in out


def test_show_tells_what_a_waiting_photo_waits_for(bridge: Bridge, config: Config) -> None:
    queued_photo(config, NAME)
    with contextlib.closing(SqliteStore(config.data_folder)) as store:
        store.set_trouble("clinic-a", "The chart server is away.")
    photo = shown(bridge)
    assert photo["waiting_for"] == "The chart server is away."
    assert datetime.fromisoformat(str(photo["next_attempt_at"])) <= datetime.now(UTC)
    assert "waiting_for: The chart server is away.\n" in bridge("photos", "show", 1).out


def test_show_tells_what_somebody_has_just_said_of_a_photo_at_the_pages(bridge: Bridge, config: Config) -> None:
    held_photo(config)
    assert shown(bridge)["pending"] is None
    asked = datetime.now(UTC)
    with contextlib.closing(SqliteStore(config.data_folder)) as store:
        store.put_off(PendingAct(1, Act.RETRY, "nurse", asked, asked + timedelta(seconds=60)))
    assert "pending: retry, as nurse said; it is done at " in bridge("photos", "show", 1).out
    assert bridge("photos", "retry", 1).code == 0
    assert shown(bridge)["pending"] is None


def test_show_as_json_has_the_history(bridge: Bridge, config: Config) -> None:
    held_photo(config)
    photo = shown(bridge)
    assert photo["hold"] == {
        "reason": "unknown-patient",
        "sentence": "The chart has no patient with id 999; assign the photo.",
    }
    events = photo["events"]
    assert isinstance(events, list)
    assert [(event["from"], event["to"]) for event in events] == [(None, "queued"), ("queued", "held")]
    assert photo["receipt"] is None


def test_show_tells_the_version_of_the_mapping_that_was_used(bridge: Bridge, config: Config) -> None:
    queued_photo(config)
    assert shown(bridge)["mapping_version"] is None
    with running_bridge(config):
        wait_until(lambda: shown(bridge)["state"] != "queued")
    version = hashlib.sha256(config.practices[0].mapping.read_bytes()).hexdigest()[:12]
    assert shown(bridge)["mapping_version"] == version


def test_a_held_photo_is_assigned_and_then_delivered(bridge: Bridge, config: Config, chart: SandboxServer) -> None:
    held_photo(config)
    with running_bridge(config):
        ended = bridge("photos", "assign", 1, "--patient", 5, "--type", "xray", "--station", "X-Ray")
        assert ended.code == 0
        assert re.fullmatch(r"Photo 1 is queued for patient 5 \(\w+ .*\w\) as Xray\.\n", ended.out)
        wait_until(lambda: shown(bridge)["state"] == "delivered")
        (image,) = chart.images(5)
    assert image.type == "Xray"
    out = bridge("photos", "show", 1).out
    assert f"receipt: chart image {image.id}, patient 5, Xray, clinic {image.clinic}, station {image.station}, " in out
    assert "(command line" in out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--patient", "999"], "The chart has no patient with id 999; "),
        (["--patient", "9" * 18], f"The chart has no patient with id {'9' * 18}; "),
        (["--patient", "5", "--clinic", "99"], "The chart has no clinic 99; "),
        (["--patient", "5", "--clinic", "9" * 40], "The chart has no clinic 99999999999999999999; "),
        (["--patient", "5", "--station", "Roof"], "The chart has no station named `Roof`; "),
    ],
)
def test_a_place_that_the_chart_does_not_have_is_refused(
    bridge: Bridge, config: Config, options: list[str], said: str
) -> None:
    held_photo(config)
    ended = bridge("photos", "assign", 1, "--type", "Xray", *options)
    assert ended.code == 1
    assert ended.errors == [f"{said}photo 1 is not assigned, so correct that and do it again."]
    assert shown(bridge)["state"] == "held"


def test_on_a_day_without_a_clinic_a_photo_is_assigned_without_one_or_not_at_all(
    command: Command, tmp_path: Path
) -> None:
    with SandboxServer(clock=lambda: datetime.now(UTC) - timedelta(days=400)) as chart:
        config = make_config(tmp_path, chart.url)
        held_photo(config, "#5.jpg")
        order = ["--config", config.file, "photos", "assign", "1", "--type", "Xray", "--patient", "5"]
        refused, assigned = command(*order), command(*order, "--clinic", "none")
    assert refused.code == 1
    assert refused.errors[0].startswith("The chart has no clinic on ")
    assert assigned.code == 0


def test_assigning_without_the_chart_is_refused_and_changes_nothing(
    bridge: Bridge, chart: SandboxServer, config: Config
) -> None:
    held_photo(config)
    chart.stop()
    ended = bridge("photos", "assign", 1, "--patient", 5, "--type", "Xray")
    assert ended.code == 1
    (error,) = ended.errors
    assert error.startswith("Photo 1 is not assigned, because the chart cannot be asked: Nothing takes a connection at")
    assert shown(bridge)["state"] == "held"


def test_retry_queues_a_held_photo_again(bridge: Bridge, config: Config) -> None:
    held_photo(config)
    ended = bridge("photos", "retry", 1)
    assert (ended.code, ended.out) == (0, "Photo 1 is queued again.\n")
    assert shown(bridge)["state"] == "queued"


def test_discard_gives_a_photo_up_and_keeps_the_reason(bridge: Bridge, config: Config) -> None:
    held_photo(config)
    ended = bridge("photos", "discard", 1, "--reason", "a finger on the lens", "--yes")
    assert (ended.code, ended.out) == (0, "Photo 1 is discarded.\n")
    assert shown(bridge)["state"] == "discarded"
    assert "a finger on the lens (command line" in bridge("photos", "show", 1).out


def test_discard_says_when_an_earlier_try_may_put_the_photo_into_the_chart_yet(bridge: Bridge, config: Config) -> None:
    queued_photo(config)
    with contextlib.closing(SqliteStore(config.data_folder)) as store:
        photo = store.claim("worker")
        assert photo is not None
        for patient in (7, 12, 7):
            store.start_attempt(photo, ChartTarget(patient, ImageType.XRAY), "f" * 64, 11)
        done = store.start_attempt(photo, ChartTarget(9, ImageType.XRAY), "f" * 64, 11)
        store.end_attempt(done, Outcome.NOT_STORED)
        store.hold(photo, Hold(HoldReason.TRIED_TOO_LONG, "It was tried for long; look in the chart."))
    ended = bridge("photos", "discard", 1, "--reason", "wrong patient", "--yes")
    arrives = (
        "an earlier try may have put it into the chart of patient 7 and of patient 12, or may do so yet: look there"
    )
    assert (ended.code, ended.out) == (0, f"Photo 1 is discarded; {arrives}.\n")
    assert f"discarded: discarded wrong patient; {arrives} (command line" in bridge("photos", "show", 1).out


def test_discard_asks_first(bridge: Bridge, config: Config) -> None:
    held_photo(config)
    arguments = ["--config", str(config.file), "photos", "discard", "1", "--reason", "x"]
    refused = CliRunner().invoke(cli, arguments, input="n\n")
    assert refused.exit_code == 1
    assert refused.stderr == "Error: Photo 1 is not discarded, as you did not say yes.\n"
    assert shown(bridge)["state"] == "held"
    assert CliRunner().invoke(cli, arguments, input="y\n").exit_code == 0
    assert shown(bridge)["state"] == "discarded"


ORDERS = {
    "retry": ["retry"],
    "assign": ["assign", "--patient", "5", "--type", "Xray", "--clinic", "none"],
    "discard": ["discard", "--reason", "x", "--yes"],
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_what_is_discarded_stays_so(bridge: Bridge, config: Config, order: list[str]) -> None:
    held_photo(config)
    bridge("photos", "discard", 1, "--reason", "x", "--yes")
    ended = bridge("photos", *order, 1)
    assert ended.code == 1
    (error,) = ended.errors
    assert error.startswith("Photo 1 is discarded, and only a photo that is held")


@pytest.mark.parametrize("order", [["show"], *ORDERS.values()], ids=["show", *ORDERS])
def test_a_number_that_no_photo_has_is_refused_with_the_next_step(bridge: Bridge, order: list[str]) -> None:
    ended = bridge("photos", *order, 77)
    assert ended.code == 1
    (error,) = ended.errors
    assert "no photo" in error
    assert "`tscharts-bridge photos list`" in error


def test_a_photo_of_a_practice_that_left_the_config_cannot_be_assigned(bridge: Bridge, config: Config) -> None:
    held_photo(config, practice="old-clinic")
    ended = bridge("photos", "assign", 1, "--patient", 5, "--type", "Xray")
    assert ended.code == 1
    assert ended.errors[0].startswith("There is no practice `old-clinic` in ")


def test_a_name_cannot_steer_the_terminal(bridge: Bridge, config: Config) -> None:
    held_photo(config, "#5-\x1b[2J-\u202egpj.jpg")
    for arguments in (["list"], ["show", "1"]):
        assert all(letter.isprintable() or letter == "\n" for letter in bridge("photos", *arguments).out)


def test_a_damaged_database_is_a_sentence(bridge: Bridge, config: Config) -> None:
    config.data_folder.mkdir()
    (config.data_folder / "bridge.db").write_bytes(b"not a database, by far" * 100)
    ended = bridge("photos", "list")
    assert ended.code == 1
    assert len(ended.errors) == 1


def test_commands_work_while_a_bridge_serves(command: Command, config: Config) -> None:
    with running_bridge(config):
        assert command("--config", config.file, "photos", "list").code == 0
    store = SqliteStore(config.data_folder)
    assert store.counts()[PhotoState.HELD] == 0
    store.close()
