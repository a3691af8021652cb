"""`mappings suggest` (bridge/cli/suggesting.py)."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cli_runs import Ended, held_photo, queued_photo

from bridge.mapping import check_file
from bridge.photos import SqliteStore
from bridge.sandbox import SandboxServer
from bridge.settings import Config
from bridge.targets import ChartTarget, ImageType

Bridge = Callable[..., Ended]
TAIL = "-21-Nov-2026-10-11-12.jpg"


def repaired(config: Config, words: str, patients: range, kind: ImageType = ImageType.HEADSHOT) -> None:
    """A held photo of each patient, with these words in its name, that three people in turn assign."""
    for patient in patients:
        photo = held_photo(config, f"#{patient}-{words}{TAIL}")
        with closing(SqliteStore(config.data_folder)) as store:
            store.assign(photo.id, ChartTarget(patient, kind), f"pages, person {patient % 3}")


def test_a_patch_is_printed_with_its_evidence(bridge: Bridge, config: Config) -> None:
    repaired(config, "#Perfil", range(1, 8))
    ended = bridge("mappings", "suggest")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0] == "`#Perfil` assigned to Headshot 7 times by 3 people"
    assert lines[2:4] == ["--- thousand-smiles.yaml", "+++ thousand-smiles.yaml"]
    assert "+      - perfil" in lines
    assert ended.err == "To apply it, save it as words.patch and run: patch thousand-smiles.yaml words.patch\n"


def test_the_patched_file_is_good_and_catches_the_photos(bridge: Bridge, config: Config, tmp_path: Path) -> None:
    repaired(config, "#Perfil", range(1, 5))
    file = config.practices[0].mapping
    before = file.read_text("utf-8")
    patch = json.loads(bridge("mappings", "suggest", "--json").out)["patch"]
    assert file.read_text("utf-8") == before
    new = tmp_path / "new.yaml"
    (come,) = [line[1:] for line in patch.splitlines()[2:] if line.startswith("+")]
    assert come == "      - perfil"
    last = "      - foto de cara\n"
    new.write_text(before.replace(last, f"{last}{come}\n"), "utf-8")
    assert check_file(new).is_good
    replayed = json.loads(bridge("mappings", "replay", new, "--json").out)
    assert [(each["verdict"], each["count"]) for each in replayed["by_hand"]] == [("agrees", 4), ("held", 0)]


def test_neither_names_of_files_nor_patients_are_shown(bridge: Bridge, config: Config) -> None:
    repaired(config, "#Perfil-garcia", range(1, 5))
    repaired(config, "#Perfil-lopez", range(5, 6))
    for ended in (bridge("mappings", "suggest"), bridge("mappings", "suggest", "--json")):
        assert "Perfil" in ended.out
        assert "Nov" not in ended.out
        assert "lopez" not in ended.out


def test_names_of_the_charts_patients_are_not_proposed(bridge: Bridge, config: Config) -> None:
    repaired(config, "camila", range(1, 6))
    assert bridge("mappings", "suggest").out.startswith("No unread word ")


def test_a_word_that_was_another_type_in_a_filed_photo_is_not_proposed(bridge: Bridge, config: Config) -> None:
    repaired(config, "#Perfil", range(1, 5))
    queued_photo(config, f"#9-x-ray-perfil{TAIL}")
    ended = bridge("mappings", "suggest")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("No unread word ")


def test_json_has_each_suggestion_with_its_numbers(bridge: Bridge, config: Config) -> None:
    repaired(config, "#Perfil", range(1, 5))
    told = json.loads(bridge("mappings", "suggest", "--json").out)
    assert (told["repairs"], told["charts_not_asked"]) == (4, [])
    (one,) = told["suggestions"]
    assert (one["kind"], one["word"], one["value"]) == ("type", "perfil", "Headshot")
    assert (one["times"], one["people"], one["also_changes"], one["in_patch"]) == (4, 3, 0, True)


def test_a_station_is_named_by_the_chart(bridge: Bridge, config: Config) -> None:
    for patient in range(1, 4):
        photo = held_photo(config, f"#{patient}-cara-sillon{TAIL}")
        with closing(SqliteStore(config.data_folder)) as store:
            store.assign(photo.id, ChartTarget(patient, ImageType.HEADSHOT, None, 1), "sofia")
    told = json.loads(bridge("mappings", "suggest", "--json").out)
    (one,) = told["suggestions"]
    assert (one["kind"], one["word"], one["in_patch"]) == ("station", "sillon", True)
    assert one["people"] == 1


def test_without_the_chart_types_are_proposed_and_the_reader_is_warned(
    bridge: Bridge, config: Config, chart: SandboxServer
) -> None:
    repaired(config, "#Perfil", range(1, 5))
    chart.stop()
    ended = bridge("mappings", "suggest")
    assert ended.code == 0
    assert "+      - perfil" in ended.out.splitlines()
    assert ended.err.startswith("The chart of clinic-a could not be asked, so see for yourself that no word is")


def test_a_file_that_is_broken_is_to_be_mended_first(bridge: Bridge, config: Config) -> None:
    repaired(config, "#Perfil", range(1, 5))
    with config.practices[0].mapping.open("a", encoding="utf-8") as opened:
        opened.write('  - {name: "#5-xray.jpg", type: Surgery}\n')
    ended = bridge("mappings", "suggest")
    assert (ended.code, ended.out) == (1, "")
    assert "the example expects type Surgery" in ended.errors[0]


@pytest.mark.parametrize("span", ["90d", "2w"])
def test_without_repairs_there_is_nothing_to_propose(bridge: Bridge, config: Config, span: str) -> None:
    held_photo(config, f"#1-perfil{TAIL}")
    ended = bridge("mappings", "suggest", "--since", span)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("No unread word was assigned to the same thing at least 3 times")
