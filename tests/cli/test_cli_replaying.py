"""`mappings replay` (bridge/cli/replaying.py)."""

import io
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cli_runs import Ended, held_photo, queued_photo

from bridge.cli.past import progress
from bridge.photos import PhotoState, SqliteStore
from bridge.settings import Config
from bridge.targets import ChartTarget, ImageType
from bridge_runner import running_bridge

Bridge = Callable[..., Ended]
TAIL = "-21-Nov-2026-10-11-12.jpg"
NAME = f"#123-perfil{TAIL}"


@pytest.fixture
def new(tmp_path: Path, config: Config) -> Path:
    """The mapping file in force with one word more, `perfil`, and one word less, `mugshot`."""
    text = config.practices[0].mapping.read_text("utf-8")
    assert "      - mugshot\n" in text
    file = tmp_path / "new.yaml"
    file.write_text(text.replace("      - mugshot\n", "      - perfil\n"), "utf-8")
    return file


def assign(config: Config, photo_id: int, target: ChartTarget) -> None:
    with closing(SqliteStore(config.data_folder)) as store:
        store.assign(photo_id, target, "sofia")


def test_what_would_change_is_told_by_cause_with_examples(bridge: Bridge, config: Config, new: Path) -> None:
    held_photo(config, NAME)
    queued_photo(config, f"#9-mugshot{TAIL}", "clinic-b")
    queued_photo(config, f"#9-x-ray{TAIL}")
    ended = bridge("mappings", "replay", new)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0].startswith("3 uploads of clinic-a, clinic-b since ")
    assert "Nothing was changed, and the chart was not asked." in lines
    assert "2 of them would go elsewhere." in lines
    table = [" ".join(line.split()) for line in lines]
    assert "1 held, would be filed no-type filed 1 held" in table
    assert "1 filed, would be held filed no-type 1 queued" in table
    example = f"  photo 1, {NAME}: held (no-type) -> id 123, Headshot, station Registration, clinic today"
    assert example in lines


def test_nothing_in_the_store_is_changed(bridge: Bridge, config: Config, new: Path) -> None:
    photo = held_photo(config, NAME)
    with closing(SqliteStore(config.data_folder)) as store:
        before = store.photo(photo.id), store.events(photo.id)
    bridge("mappings", "replay", new)
    with closing(SqliteStore(config.data_folder)) as store:
        assert (store.photo(photo.id), store.events(photo.id)) == before
    assert not (config.data_folder / "mappings").exists()


def test_json_has_the_same_for_programs(bridge: Bridge, config: Config, new: Path) -> None:
    held_photo(config, NAME)
    told = json.loads(bridge("mappings", "replay", new, "--json").out)
    assert (told["file"], told["tried"], told["changed"], told["problems"]) == (str(new), 1, 1, [])
    assert [each["practice"] for each in told["in_force"]] == ["clinic-a", "clinic-b"]
    assert told["version"] != told["in_force"][0]["version"]
    (change,) = told["changes"]
    assert (change["cause"], change["before"], change["after"]) == ("held-to-filed", "no-type", "filed")
    assert (change["count"], change["states"]) == (1, {"held": 1})
    assert [(example["photo"], example["name"]) for example in change["examples"]] == [(1, NAME)]


def test_what_people_assigned_is_told_apart(bridge: Bridge, config: Config, new: Path) -> None:
    for number, kind in ((7, ImageType.HEADSHOT), (8, ImageType.XRAY)):
        assign(config, held_photo(config, f"#{number}-perfil{TAIL}").id, ChartTarget(number, kind))
    ended = bridge("mappings", "replay", new)
    lines = ended.out.splitlines()
    assert "None of them would go elsewhere." in lines
    assert {"as the person did  1             0", "elsewhere          1             0"} <= set(lines)
    assert any(line.startswith("  photo 2, #8-perfil") and "id 8, Xray -> id 8, Headshot" in line for line in lines)
    told = json.loads(bridge("mappings", "replay", new, "--json").out)["by_hand"]
    assert [(each["verdict"], each["count"], each["in_force"]) for each in told] == [
        ("agrees", 1, 0),
        ("differs", 1, 0),
        ("held", 0, 2),
    ]


def test_only_uploads_of_the_time_and_practice_are_tried(bridge: Bridge, config: Config, new: Path) -> None:
    held_photo(config, NAME)
    assert "0 uploads of clinic-b since" in bridge("mappings", "replay", new, "--practice", "clinic-b").out
    assert "0 uploads of clinic-a" in bridge("mappings", "replay", new, "--since", "0h", "--practice", "clinic-a").out


def test_a_broken_file_in_force_gives_way_to_the_last_good_one(bridge: Bridge, config: Config, new: Path) -> None:
    held_photo(config, NAME)
    in_force = config.practices[0].mapping
    with running_bridge(config):
        pass
    in_force.write_text("version: 2\n")
    assert "1 of them would go elsewhere." in bridge("mappings", "replay", new).out.splitlines()
    assert in_force.read_text() == "version: 2\n"


def test_the_file_in_force_itself_changes_nothing(bridge: Bridge, config: Config) -> None:
    held_photo(config, NAME)
    ended = bridge("mappings", "replay", config.practices[0].mapping)
    assert "None of them would go elsewhere." in ended.out.splitlines()
    assert "in force, which is the same" in ended.out


def test_it_may_be_tried_while_a_bridge_serves(bridge: Bridge, config: Config, new: Path) -> None:
    with running_bridge(config) as running:
        held_photo(config, NAME)
        assert bridge("mappings", "replay", new).code == 0
        assert running.store.counts()[PhotoState.HELD] == 1


def test_a_file_whose_examples_do_not_come_out_is_tried_but_the_problem_is_told(
    bridge: Bridge, config: Config, new: Path
) -> None:
    with new.open("a", encoding="utf-8") as opened:
        opened.write('  - {name: "#5-xray.jpg", type: Surgery}\n')
    ended = bridge("mappings", "replay", new)
    assert ended.code == 0
    assert ended.errors[0].startswith(f"A bridge would not take this file as it is: {new}, line ")


def test_a_broken_file_is_told_with_its_place(bridge: Bridge, tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("version: 1\npatient: {number: {form: id}}\ntypes: {Xray: }\nclinc: today\n")
    ended = bridge("mappings", "replay", file)
    assert (ended.code, ended.out) == (1, "")
    assert any("line 4" in error and "clinc" in error for error in ended.errors)


def test_practices_with_different_files_must_be_named(bridge: Bridge, config: Config, new: Path) -> None:
    text = config.file.read_text()
    config.file.write_text(text.replace("mapping: thousand-smiles.yaml", "mapping: new.yaml", 1))
    assert bridge("mappings", "replay", new).code == 2
    assert bridge("mappings", "replay", new, "--practice", "clinic-a").code == 0


@pytest.mark.parametrize("since", ["30", "d", "-3d", "99999d", "3 d", "yesterday"])
def test_a_span_of_time_that_is_none_is_told(bridge: Bridge, new: Path, since: str) -> None:
    ended = bridge("mappings", "replay", new, f"--since={since}")
    assert ended.code == 2
    assert f"`{since}` is not a span of time; write 12h, 30d or 8w." in ended.err


class Terminal(io.StringIO):
    """What a terminal shows."""

    def isatty(self) -> bool:
        return True


def test_a_bar_goes_by_on_a_terminal_and_nowhere_else() -> None:
    terminal, file = Terminal(), io.StringIO()
    assert list(progress(range(3), 3, "Trying", terminal)) == [0, 1, 2]
    assert list(progress(range(3), 3, "Trying", file)) == [0, 1, 2]
    assert "Trying" in terminal.getvalue()
    assert "100%" in terminal.getvalue()
    assert file.getvalue() == ""
