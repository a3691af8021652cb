"""`images delete` and `images move` (bridge/cli/image_changes.py)."""

import base64
import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from chart_images import audited, filed, hostile_seed
from cli_runs import STOP_SIGNALS, Command, Ended, finish, queued_photo, started
from click.testing import CliRunner

from bridge.charting import Chart, ChartReader
from bridge.cli import cli
from bridge.photos import MoveState, NewMove, SqliteStore
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.settings import Config
from bridge.targets import ChartTarget, ImageType
from bridge_runner import GUID, make_config, running_bridge
from phone import picture, wait_until
from postgres_server import new_database

Bridge = Callable[..., Ended]
WHY = ["--reason", "wrong person"]
RENATA = "patient 3: Renata Sol Valdez Ibarra, born 2019-01-27, Female"
ANGELA = "patient 5: Ángela Zúñiga Peña, born 2016-12-11, Female"


def answered(config: Config, answer: str, *words: object) -> tuple[int, str, str]:
    """Exit code, standard output and error of a command to which somebody answers."""
    done = CliRunner().invoke(cli, ["--config", str(config.file), *map(str, words)], input=answer)
    return done.exit_code, done.stdout, done.stderr


def actions(config: Config) -> list[tuple[str, int | None, int | None, str]]:
    """What was noted, the oldest first; each by the same person."""
    noted = audited(config)
    assert all((each.who or "").startswith("command line") for each in noted)
    return [(each.action, each.image_id, each.patient, each.reason) for each in noted]


class TestDelete:
    def test_it_shows_what_it_is_and_asks(self, config: Config, chart: SandboxServer) -> None:
        image_id = filed(chart)
        code, out, err = answered(config, "n\n", "images", "delete", image_id, *WHY)
        assert code == 1
        assert out.startswith(f"Image {image_id}: Surgery, 1 kB, 64x48\n  of {RENATA}\nNobody can get it back.")
        assert err == f"Error: Image {image_id} is not deleted, as you did not say yes.\n"
        assert len(chart.images(3)) == 1
        assert actions(config) == []
        assert answered(config, "y\n", "images", "delete", image_id, *WHY)[0] == 0
        assert chart.images(3) == ()

    def test_with_yes_it_does_not_ask_and_who_did_it_is_noted_before_and_after(
        self, bridge: Bridge, config: Config, chart: SandboxServer
    ) -> None:
        image_id = filed(chart)
        ended = bridge("images", "delete", image_id, *WHY, "--yes")
        assert (ended.code, ended.out.splitlines()[-1]) == (0, f"Image {image_id} is deleted.")
        assert chart.images(3) == ()
        assert actions(config) == [(word, image_id, 3, "wrong person") for word in ("deleting", "deleted")]

    def test_one_that_is_gone_or_never_was_is_refused(self, bridge: Bridge, chart: SandboxServer) -> None:
        image_id = filed(chart)
        bridge("images", 3)
        bridge("images", "delete", image_id, *WHY, "--yes")
        for number in (image_id, 999, 2**63 - 1):
            ended = bridge("images", "delete", number, *WHY, "--yes")
            assert ended.code == 1
            assert ended.errors == ["The chart has no image of this number; look at the patient's images again."]

    def test_one_whose_file_is_lost_can_be_deleted(self, bridge: Bridge, chart: SandboxServer) -> None:
        image_id = filed(chart)
        chart.lose_file(image_id)
        out = bridge("images", "delete", image_id, *WHY, "--yes").out
        assert out.startswith(f"Image {image_id}: of unknown type, unreadable\n  of patient unknown: ")
        assert chart.images(3) == ()

    def test_its_small_picture_goes_too(self, bridge: Bridge, config: Config, chart: SandboxServer) -> None:
        image_id, folder = filed(chart), config.data_folder / "thumbnails"
        with running_bridge(config) as service:
            door = service.charting
            (ours,) = door.charts
            door.thumbnails.get(_reader(ours, chart), image_id)
            assert len(list(folder.iterdir())) == 1
            assert bridge("images", "delete", image_id, *WHY, "--yes").code == 0
        assert list(folder.iterdir()) == []

    @pytest.mark.parametrize(
        "looks", [["3"], ["delete", *WHY, "--yes"], ["get", "-o", "-"]], ids=lambda words: words[0]
    )
    def test_the_small_picture_of_one_that_was_deleted_at_the_chart_goes_when_a_command_sees_it(
        self, bridge: Bridge, config: Config, chart: SandboxServer, looks: list[str]
    ) -> None:
        image_id, folder = filed(chart), config.data_folder / "thumbnails"
        with running_bridge(config) as service:
            (ours,) = service.charting.charts
            service.charting.thumbnails.get(_reader(ours, chart), image_id)
        headers = {"Authorization": f"Token {chart.token('bridge')}"}
        requests.delete(f"{chart.url}/tscharts/v1/image/{image_id}/", headers=headers, timeout=20)
        bridge("images", looks[0], *([] if looks[0] == "3" else [image_id]), *looks[1:])
        assert list(folder.iterdir()) == []

    @pytest.mark.parametrize("reason", ["", "  ", "\x1b[2J", "x" * 501])
    def test_a_reason_that_says_nothing_or_is_no_plain_text_is_refused(
        self, bridge: Bridge, config: Config, chart: SandboxServer, reason: str
    ) -> None:
        image_id = filed(chart)
        for words in (["delete", image_id], ["move", image_id, "--to", 5]):
            assert bridge("images", *words, "--reason", reason, "--yes").code == 2
        assert len(chart.images(3)) == 1


class TestMove:
    def test_it_shows_both_patients_and_asks(self, config: Config, chart: SandboxServer) -> None:
        image_id = filed(chart)
        order = ["images", "move", image_id, "--to", 5, *WHY]
        code, out, err = answered(config, "n\n", *order)
        assert code == 1
        assert out.startswith(f"Image {image_id}: Surgery, 1 kB, 64x48\n  of {RENATA}\n  to {ANGELA}\nMove image ")
        assert err == f"Error: Image {image_id} is not moved, as you did not say yes.\n"
        assert (len(chart.images(3)), actions(config)) == (1, [])
        code, out, _ = answered(config, "y\n", *order)
        (image,) = chart.images(5)
        assert (code, out.splitlines()[-1]) == (0, f"Image {image_id} is image {image.id} of patient 5 now.")
        assert chart.images(3) == ()

    def test_who_did_it_is_noted_before_and_after(self, bridge: Bridge, config: Config, chart: SandboxServer) -> None:
        image_id = filed(chart)
        assert bridge("images", "move", image_id, "--to", 5, *WHY, "--yes").code == 0
        (image,) = chart.images(5)
        assert (image.type, image.clinic, image.station) == ("Surgery", 1, 4)
        assert actions(config) == [("moving", image_id, 3, "wrong person"), ("moved", image.id, 5, "wrong person")]

    def test_the_receipt_of_a_photo_of_the_bridge_goes_along(
        self, bridge: Bridge, config: Config, chart: SandboxServer
    ) -> None:
        queued_photo(config, f"#{GUID}-#3-#Headshot-21-Nov-2026-10-11-12.jpg")
        with running_bridge(config):
            wait_until(lambda: "delivered" in bridge("photos", "list").out)
        (image,) = chart.images(3)
        out = bridge("images", "move", image.id, "--to", 5, *WHY, "--yes").out
        assert "taken 2026-11-21 10:11, sent by this bridge as photo 1 of clinic-a\n" in out
        shown = json.loads(bridge("photos", "show", 1, "--json").out)
        assert shown["receipt"]["image_id"] == chart.images(5)[0].id
        assert shown["events"][-1]["actor"].startswith("command line")

    def test_asked_for_again_it_is_the_same_move(self, bridge: Bridge, chart: SandboxServer) -> None:
        image_id = filed(chart)
        first, again = (bridge("images", "move", image_id, "--to", 5, *WHY, "--yes") for _ in range(2))
        assert (first.code, again.code) == (0, 0)
        assert again.out.splitlines()[-1] == first.out.splitlines()[-1]
        assert len(chart.images(5)) == 1
        elsewhere = bridge("images", "move", image_id, "--to", 4, *WHY, "--yes")
        assert elsewhere.errors[0].startswith(f"The chart has no image {image_id}; it is image ")

    @pytest.mark.parametrize(
        ("patient", "said"),
        [
            (999, "The chart has no patient 999; `tscharts-bridge patients find NAME` tells the right number."),
            (2**63 - 1, f"The chart has no patient {2**63 - 1}; "),
            (3, "is patient 3's already; check the numbers."),
        ],
    )
    def test_a_patient_to_whom_it_cannot_go_is_refused(
        self, bridge: Bridge, chart: SandboxServer, patient: int, said: str
    ) -> None:
        ended = bridge("images", "move", filed(chart), "--to", patient, *WHY, "--yes")
        assert ended.code == 1
        assert said in ended.errors[0]
        assert len(chart.images(3)) == 1

    def test_an_image_that_the_chart_does_not_have_is_refused(self, bridge: Bridge) -> None:
        ended = bridge("images", "move", 999, "--to", 5, *WHY, "--yes")
        assert ended.code == 1
        assert ended.errors == ["The chart has no image of this number; look at the patient's images again."]

    def test_when_the_chart_goes_away_meanwhile_a_running_bridge_goes_on_with_it(
        self, bridge: Bridge, config: Config, chart: SandboxServer
    ) -> None:
        image_id = filed(chart)
        chart.faults.add(Fault(FaultKind.STATUS, "POST", "image", status=503))
        ended = bridge("images", "move", image_id, "--to", 5, *WHY, "--yes")
        assert ended.code == 1
        (error,) = ended.errors
        assert error.startswith(f"Image {image_id} is not moved yet: The chart server ")
        assert "A running bridge (`tscharts-bridge serve`) goes on with it by itself; " in error
        assert len(chart.images(3)) == 1
        chart.faults.clear()
        with running_bridge(config):
            wait_until(lambda: len(chart.images(5)) == 1 and chart.images(3) == ())
            wait_until(lambda: [each.action for each in audited(config)] == ["moving", "moved"])

    def test_it_goes_on_when_it_is_asked_for_again(self, bridge: Bridge, chart: SandboxServer) -> None:
        order = ["images", "move", filed(chart), "--to", 5, *WHY, "--yes"]
        chart.faults.add(Fault(FaultKind.CUT_AFTER_STORING, "DELETE", "image", times=1))
        assert bridge(*order).code == 1
        assert bridge(*order).code == 0
        assert (len(chart.images(5)), chart.images(3)) == (1, ())

    def test_one_that_another_bridge_has_in_hand_is_waited_for(
        self, bridge: Bridge, config: Config, chart: SandboxServer
    ) -> None:
        image_id = filed(chart)
        chart.faults.add(Fault(FaultKind.SLOW_ANSWER, "POST", "image", delay_seconds=1.5))
        with running_bridge(config) as service:
            waiting = service.store.begin_move(_new_move(chart, image_id))[0]
            wait_until(lambda: service.store.move(waiting.id).claim is not None)
            ended = bridge("images", "move", image_id, "--to", 5, *WHY, "--yes")
            assert service.store.move(waiting.id).state is MoveState.MOVED
        assert (ended.code, len(chart.images(5)), chart.images(3)) == (0, 1, ())

    def test_who_stops_waiting_is_told_that_it_goes_on(self, config: Config, chart: SandboxServer) -> None:
        image_id = filed(chart)
        chart.faults.add(Fault(FaultKind.SLOW_ANSWER, "POST", "image", delay_seconds=8))
        order = ["images", "move", image_id, "--to", 5, *WHY, "--yes"]
        with started("--config", config.file, *map(str, order)) as process:
            wait_until(lambda: len(chart.images(5)) == 1)
            process.send_signal(STOP_SIGNALS[-1])
            ended = finish(process)
        assert ended.code == 130
        assert ended.errors[0].startswith(f"Image {image_id} is on its way all the same. A running bridge ")
        chart.faults.clear()
        with running_bridge(config):
            wait_until(lambda: chart.images(3) == ())
        assert len(chart.images(5)) == 1

    def test_a_broken_mapping_file_is_no_hindrance(self, bridge: Bridge, config: Config, chart: SandboxServer) -> None:
        config.file.with_name("thousand-smiles.yaml").write_text("nonsense: [")
        assert bridge("images", "move", filed(chart), "--to", 5, *WHY, "--yes").code == 0

    def test_an_image_that_is_being_moved_is_not_deleted(
        self, bridge: Bridge, config: Config, chart: SandboxServer
    ) -> None:
        image_id = filed(chart)
        with contextlib.closing(SqliteStore(config.data_folder)) as store:
            store.ensure_practices({"clinic-a": None})
            store.begin_move(_new_move(chart, image_id))
        ended = bridge("images", "delete", image_id, *WHY, "--yes")
        assert ended.code == 1
        assert ended.errors == [f"Image {image_id} is just being moved (move 1); look how that ends, then ask again."]


def test_a_name_in_the_chart_cannot_steer_the_terminal(command: Command, tmp_path: Path) -> None:
    with SandboxServer(hostile_seed()) as chart:
        config = make_config(tmp_path, chart.url)
        order = ["--config", config.file, "images"]
        for words in (
            ["move", filed(chart), "--to", 3],
            ["move", filed(chart, 5), "--to", 3],
            ["delete", filed(chart)],
        ):
            ended = command(*order, *words, *WHY, "--yes")
            assert "patient 3: Ana?[2J?31m?zeP " in ended.out
            assert all(letter.isprintable() or letter == "\n" for letter in ended.out + ended.err)


def test_it_is_the_same_with_a_database(command: Command, tmp_path: Path, chart: SandboxServer) -> None:
    with new_database() as url:
        (tmp_path / "database-url").write_text(url)
        config = make_config(tmp_path, chart.url, more="database: {url_file: database-url}")
        order = ["--config", config.file, "images"]
        assert command(*order, "move", filed(chart), "--to", 5, *WHY, "--yes").code == 0
        (image,) = chart.images(5)
        assert f"\n{image.id} " in command(*order, 5).out
        assert command(*order, "delete", image.id, *WHY, "--yes").code == 0
    assert chart.images() == ()


def test_a_move_stays_in_the_hand_of_the_command_as_long_as_it_is_at_work(config: Config, chart: SandboxServer) -> None:
    with (
        contextlib.closing(SqliteStore(config.data_folder)) as ours,
        contextlib.closing(SqliteStore(config.data_folder)) as theirs,
    ):
        ours.ensure_practices({"clinic-a": None})
        move = ours.begin_move(_new_move(chart, 1))[0]
        assert ours.claim_move(move.id) is not None
        with contextlib.closing(sqlite3.connect(config.data_folder / "bridge.db")) as database:
            database.execute("UPDATE moves SET lease_until = asked_at")
            database.commit()
        ours.renew()
        assert theirs.claim_move(move.id) is None


def _new_move(chart: SandboxServer, image_id: int) -> NewMove:
    """A move of an image to patient 5, as the bridge records it."""
    source, text = ChartTarget(3, ImageType.SURGERY, 1, 4), _text(chart, image_id)
    return NewMove(
        chart.url, "clinic-a", image_id, source, hashlib.sha256(text).hexdigest(), len(text), 5, "wrong", "sofia", ""
    )


def _text(chart: SandboxServer, image_id: int) -> bytes:
    """What the chart holds of an image; of one that is not there, what it would hold."""
    there = {image.id: image.data or "" for image in chart.images()}
    return there.get(image_id, base64.b64encode(picture()).decode()).encode()


def _reader(ours: Chart, chart: SandboxServer) -> ChartReader:
    return ChartReader(ours, f"Token {chart.token('bridge')}")
