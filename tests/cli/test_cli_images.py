"""`images PATIENT` and `images get` (bridge/cli/images.py)."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chart_images import audited, filed, files
from cli_runs import LONGEST_SECONDS, Command, Ended, queued_photo

from bridge.sandbox import SandboxServer
from bridge.settings import Config
from bridge_runner import GUID, make_config, running_bridge
from phone import picture, wait_until

Bridge = Callable[..., Ended]
BRIDGE = [sys.executable, "-W", "error", "-m", "bridge"]
ON_A_SMALL_DISK = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
from bridge.cli import main
main(sys.argv[1:])
"""


def listed(bridge: Bridge, *options: object) -> list[int]:
    """The numbers of the images in a list."""
    return [image["id"] for image in json.loads(bridge("images", *options, "--json").out)["images"]]


class TestList:
    def test_an_image_is_told_with_its_day_place_size_and_sender(self, bridge: Bridge, chart: SandboxServer) -> None:
        image_id = filed(chart)
        headings, line = bridge("images", 3).out.splitlines()
        assert headings.split() == ["number", "type", "day", "station", "clinic", "size", "pixels", "sent", "by"]
        days, place = "2026-02-07 to 2026-02-08", "Surgery  Ensenada (1)"
        assert line.split() == f"{image_id} Surgery {days} {place} 1 kB 64x48 others".split()

    def test_one_that_the_bridge_sent_has_its_photo_and_the_phone_s_time(
        self, bridge: Bridge, config: Config, chart: SandboxServer
    ) -> None:
        queued_photo(config, f"#{GUID}-#5-#Headshot-21-Nov-2026-10-11-12.jpg")
        with running_bridge(config):
            wait_until(lambda: bool(chart.images(5)))
            wait_until(lambda: "delivered" in bridge("photos", "list").out)
            line = bridge("images", 5).out.splitlines()[1]
        assert "  2026-11-21 10:11  " in line
        assert line.endswith("  this bridge, photo 1 of clinic-a")

    def test_the_newest_comes_first_and_a_list_can_be_narrowed(self, bridge: Bridge, chart: SandboxServer) -> None:
        numbers = [filed(chart, type=kind) for kind in ("Surgery", "Xray", "Surgery", "Xray")]
        first, second, third, fourth = numbers
        assert listed(bridge, 3) == numbers[::-1]
        assert listed(bridge, "--type", "XRAY", 3) == [fourth, second]
        assert listed(bridge, 3, "--limit", 2) == [fourth, third]
        assert listed(bridge, 3, "--after", third) == [second, first]
        assert listed(bridge, "list", 3, "--limit", 3, "--after", fourth) == [third, second, first]
        assert bridge("images", 3, "--limit", 3).out.splitlines()[-1] == (
            f"There are 4 in all; `--after {second}` goes on."
        )

    def test_json_is_what_the_json_door_tells(self, bridge: Bridge, chart: SandboxServer) -> None:
        newest = (filed(chart), filed(chart, clinic=2))[1]
        page = json.loads(bridge("images", 3, "--limit", 1, "--json").out)
        assert (page["total"], page["next"]) == (2, newest)
        (image,) = page["images"]
        assert (image["id"], image["patient"], image["clinic"], image["is_ours"]) == (newest, 3, 2, False)

    def test_what_is_no_picture_or_cannot_be_read_is_listed_too(self, bridge: Bridge, chart: SandboxServer) -> None:
        filed(chart, data=b"%PDF-1.4 no picture")
        chart.lose_file(filed(chart))
        _, lost, document = bridge("images", 3).out.splitlines()
        assert lost.split()[1:] == ["unreadable", "others"]
        assert "  no picture  " in document

    def test_a_patient_without_images_has_none(self, bridge: Bridge) -> None:
        assert bridge("images", 3).out == "Patient 3 has no such images.\n"
        assert json.loads(bridge("images", 3, "--json").out) == {"images": [], "total": 0, "next": None}

    def test_a_patient_whom_the_chart_does_not_have_is_refused(self, bridge: Bridge) -> None:
        for number in (999, 2**63 - 1):
            ended = bridge("images", number)
            assert ended.code == 1
            assert ended.errors == ["The chart has no patient of this number; look for the patient by name."]

    def test_a_word_that_is_neither_a_number_nor_a_command_is_refused(self, bridge: Bridge) -> None:
        ended = bridge("images", "renata")
        assert ended.code == 2
        assert ended.errors[0].startswith("`renata` is neither a patient's number nor one of delete, get, list, move;")

    def test_the_help_names_the_commands(self, bridge: Bridge) -> None:
        for ended, code, out in ((bridge("images", "--help"), 0, True), (bridge("images"), 2, False)):
            assert ended.code == code
            assert "\n  move " in (ended.out if out else ended.err)


class TestWhichChart:
    @pytest.fixture
    def two_charts(self, tmp_path: Path, chart: SandboxServer) -> Config:
        """clinic-b has a chart of its own, which is away."""
        config = make_config(tmp_path, chart.url)
        text = config.file.read_text()
        own = "chart: {url: http://127.0.0.1:9, username: x, password_file: chart-password}"
        config.file.write_text(text.replace("name: clinic-b,", f"name: clinic-b, {own},"))
        return config

    def test_with_several_charts_the_practice_is_to_be_named(self, bridge: Bridge, two_charts: Config) -> None:
        unnamed = bridge("images", 3)
        assert unnamed.code == 2
        assert unnamed.errors == ["Say which practice with --practice: clinic-a, clinic-b."]
        assert bridge("images", 3, "--practice", "clinic-a").code == 0
        away = bridge("images", 3, "--practice", "clinic-b")
        assert away.code == 1
        assert away.errors[0].startswith("Nothing takes a connection at http://127.0.0.1:9;")

    def test_the_doors_default_practice_is_meant_where_none_is_named(self, bridge: Bridge, two_charts: Config) -> None:
        two_charts.file.write_text(two_charts.file.read_text() + "charting: {default_practice: clinic-a}\n")
        assert bridge("images", 3).code == 0

    def test_a_practice_that_is_not_in_the_config_is_refused(self, bridge: Bridge) -> None:
        assert "There is no practice `clinic-z`" in bridge("images", 3, "--practice", "clinic-z").errors[0]

    def test_an_account_that_the_chart_does_not_accept_is_a_sentence(self, bridge: Bridge, config: Config) -> None:
        password = config.file.with_name("chart-password")
        password.write_text("wrong\n")
        assert "username and password" in bridge("images", 3).errors[0]
        text = config.file.read_text()
        config.file.write_text(text.replace("username: bridge, password_file:", "token_file:"))
        ended = bridge("images", 3)
        assert ended.code == 1
        assert ended.errors == [
            "The chart server does not accept the bridge's token; make a new one, or use a username and password."
        ]

    def test_an_account_with_a_token_needs_no_login(self, bridge: Bridge, config: Config, chart: SandboxServer) -> None:
        config.file.with_name("chart-password").write_text(chart.token("bridge"))
        config.file.write_text(config.file.read_text().replace("username: bridge, password_file:", "token_file:"))
        assert bridge("images", 3).code == 0


class TestGet:
    def test_the_bytes_are_those_in_the_chart_and_the_look_is_noted(
        self, bridge: Bridge, config: Config, chart: SandboxServer, tmp_path: Path
    ) -> None:
        image_id, file = filed(chart), tmp_path / "out" / "ñandú.jpg"
        file.parent.mkdir()
        ended = bridge("images", "get", image_id, "-o", file)
        assert (ended.code, ended.out) == (0, f"{file} is image {image_id} of patient 3: Surgery, 1 kB.\n")
        assert file.read_bytes() == picture()
        assert files(file.parent) == [file.name]
        (noted,) = audited(config)
        assert (noted.action, noted.image_id, noted.patient, noted.token_mark) == ("seen", image_id, 3, "")
        assert (noted.who or "").startswith("command line")
        assert (datetime.now(UTC) - noted.at).total_seconds() < LONGEST_SECONDS

    def test_a_file_that_is_there_stays_without_force_and_the_chart_is_not_asked(
        self, bridge: Bridge, config: Config, chart: SandboxServer, tmp_path: Path
    ) -> None:
        image_id, file = filed(chart), tmp_path / "out.jpg"
        file.write_bytes(b"precious")
        asked = len(chart.requests)
        ended = bridge("images", "get", image_id, "-o", file)
        assert ended.code == 1
        assert ended.errors == [
            f"{file} is there already, and stays as it is; give another path, or --force to replace it."
        ]
        assert (file.read_bytes(), len(chart.requests)) == (b"precious", asked)
        assert bridge("images", "get", image_id, "-o", file, "--force").code == 0
        assert file.read_bytes() == picture()

    def test_a_path_that_cannot_be_written_is_refused(
        self, bridge: Bridge, chart: SandboxServer, tmp_path: Path
    ) -> None:
        image_id = filed(chart)
        ended = bridge("images", "get", image_id, "-o", tmp_path / "nowhere" / "out.jpg")
        assert ended.code == 1
        assert "cannot be written (No such file or directory); " in ended.errors[0]
        assert bridge("images", "get", image_id, "-o", tmp_path).code == 2

    def test_what_cannot_be_got_leaves_no_file_and_replaces_none(
        self, bridge: Bridge, config: Config, chart: SandboxServer, tmp_path: Path
    ) -> None:
        lost, text = filed(chart), filed(chart, data="not base64!")
        chart.lose_file(lost)
        folder = tmp_path / "out"
        folder.mkdir()
        (folder / "kept.jpg").write_bytes(b"precious")
        for image_id in (lost, text, 999, 2**63 - 1):
            for ended in (
                bridge("images", "get", image_id, "-o", folder / "new.jpg"),
                bridge("images", "get", image_id, "-o", folder / "kept.jpg", "--force"),
            ):
                assert (ended.code, len(ended.errors)) == (1, 1)
        assert files(folder) == ["kept.jpg"]
        assert (folder / "kept.jpg").read_bytes() == b"precious"
        assert audited(config) == []

    def test_what_is_no_picture_is_got_with_a_warning(
        self, bridge: Bridge, chart: SandboxServer, tmp_path: Path
    ) -> None:
        image_id = filed(chart, data=b"<script>")
        out = bridge("images", "get", image_id, "-o", tmp_path / "x.jpg").out
        assert "It is no JPEG, PNG, GIF or WebP picture, so take care what you open it with." in out
        assert (tmp_path / "x.jpg").read_bytes() == b"<script>"

    def test_a_dash_is_standard_output_with_the_bytes_alone(self, config: Config, chart: SandboxServer) -> None:
        command = [*BRIDGE, "--config", str(config.file), "images", "get", str(filed(chart)), "-o", "-"]
        done = subprocess.run(command, capture_output=True, timeout=LONGEST_SECONDS, check=True)
        assert (done.stdout, done.stderr) == (picture(), b"")

    def test_a_terminal_gets_no_bytes_that_could_steer_it(self, config: Config, chart: SandboxServer) -> None:
        command = [*BRIDGE, "--config", str(config.file), "images", "get", str(filed(chart)), "-o", "-"]
        here, terminal = os.openpty()
        try:
            done = subprocess.run(command, stdout=terminal, stderr=subprocess.PIPE, text=True, check=False)
        finally:
            os.close(terminal)
            os.close(here)
        assert done.returncode == 2
        assert "A terminal cannot show an image; give a file with -o, or pass it on with `|`." in done.stderr
        assert audited(config) == []

    def test_a_reader_that_went_away_is_no_traceback(self, config: Config, chart: SandboxServer) -> None:
        image_id = filed(chart, data=bytes(1_000_000))
        command = [*BRIDGE, "--config", str(config.file), "images", "get", str(image_id), "-o", "-"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            said = process.stderr.read()
        assert (process.returncode, said) == (1, b"")

    def test_a_full_disk_is_a_sentence(self, config: Config, chart: SandboxServer, tmp_path: Path) -> None:
        order = ["--config", str(config.file), "images", "get", str(filed(chart, data=bytes(1_500_000))), "-o"]
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run([*BRIDGE, *order, "-"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr == (
            "Error: The standard output cannot be written (No space left on device); mend that, or give another path.\n"
        )
        small = [sys.executable, "-c", ON_A_SMALL_DISK, *order, str(tmp_path / "x.jpg")]
        done = subprocess.run(small, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith("Error: The folder for temporary files (")
        assert not (tmp_path / "x.jpg").exists()


def test_a_chart_that_is_away_is_one_sentence_for_every_command(
    bridge: Bridge, chart: SandboxServer, config: Config, tmp_path: Path
) -> None:
    chart.stop()
    change = ["--reason", "x", "--yes"]
    for words in (["3"], ["get", 1, "-o", tmp_path / "x"], ["delete", 1, *change], ["move", 1, "--to", 5, *change]):
        ended = bridge("images", *words)
        assert ended.code == 1
        (error,) = ended.errors
        assert error.startswith("Nothing takes a connection at ")
    assert not (tmp_path / "x").exists()


def test_commands_work_while_a_bridge_serves(
    bridge: Bridge, config: Config, chart: SandboxServer, tmp_path: Path
) -> None:
    image_id = filed(chart)
    with running_bridge(config):
        assert listed(bridge, 3) == [image_id]
        assert bridge("images", "get", image_id, "-o", tmp_path / "x.jpg").code == 0
        assert bridge("images", "move", image_id, "--to", 5, "--reason", "x", "--yes").code == 0
        (moved,) = listed(bridge, 5)
        assert bridge("images", "delete", moved, "--reason", "x", "--yes").code == 0


def test_without_a_config_the_sentence_is_that_of_every_command(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    for words in (["images", "3"], ["images", "get", "3", "-o", str(tmp_path / "x.jpg")], ["patients", "find", "ana"]):
        ended = command("--config", file, *words)
        assert ended.code == 1
        assert ended.err == f"Error: {file}: does not exist; check the path, or make it with `tscharts-bridge init`\n"
    assert files(tmp_path) == []
