"""The last good version of a mapping file is kept, so that a broken edit stops no start: bridge/mapping/kept.py."""

import logging
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.config import load_config
from bridge.errors import InputProblemsError
from bridge.mapping import MappingShelf, last_good
from bridge.sandbox import SandboxServer
from bridge.settings import Config, kept_mapping
from bridge.targets import ImageType
from bridge_runner import GUID, OTHER_GUID, make_config, running_bridge
from phone import check, picture, post_photo, wait_until

GOOD = "version: 1\npatient: {id: {form: id}}\ntypes: {Xray: }\n"
BETTER = GOOD.replace("Xray", "Surgery")
BROKEN = GOOD.replace("Xray", "Xrey")
DOUBTFUL = GOOD.replace("Xray", "Headshot") + "examples:\n- {name: 5-headshot, patient: 6}\n"
WHEN = "21-Nov-2026-10-11-12"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "smiles.yaml"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "data" / "mappings" / "good-smiles.yaml"


@pytest.fixture
def clock() -> Iterator[float]:
    """Five seconds pass between two looks."""
    return iter(range(0, 1_000_000, 5))


@pytest.fixture
def started(file: Path, kept: Path, clock: Iterator[float]) -> Callable[[str | None], MappingShelf]:
    """A shelf as at a start of the bridge, after the file was saved with this content, or taken away."""

    def start(content: str | None, wait: Callable[[float], None] = lambda _seconds: None) -> MappingShelf:
        file.write_text(content) if content is not None else file.unlink()
        shelf = MappingShelf({"smiles": file}, lambda: next(clock), {"smiles": kept}, wait)
        shelf.keep()
        return shelf

    return start


def types(shelf: MappingShelf) -> tuple[ImageType, ...]:
    """What is in force after two looks."""
    for _ in range(2):
        shelf.look()
    return shelf.mapping_for("smiles").types


@pytest.mark.parametrize("edit", [BROKEN, DOUBTFUL, "", None], ids=["broken", "doubtful", "empty", "gone"])
def test_a_start_after_a_bad_edit_uses_the_last_good_version_and_says_what_is_wrong(
    started: Callable[[str | None], MappingShelf], edit: str | None
) -> None:
    started(GOOD)
    shelf = started(edit)
    assert types(shelf) == (ImageType.XRAY,)
    ((practice, problems),) = shelf.warnings()
    assert practice == "smiles"
    assert problems[0].file.name == "smiles.yaml"
    assert types(started(BETTER)) == (ImageType.SURGERY,)


def test_a_start_that_finds_the_file_without_its_end_takes_it_after_a_minute(
    started: Callable[[str | None], MappingShelf], file: Path
) -> None:
    whole = BETTER + "require: [photo-consent]\nclinic: today\n"
    started(whole)
    shelf = started(BETTER)
    for _ in range(11):
        assert shelf.mapping_for("smiles").require
        assert "looks half written" in shelf.in_force()[0].problems[0].message
        shelf.look()
    shelf.look()
    assert not shelf.mapping_for("smiles").require
    assert shelf.warnings() == ()
    started(whole)
    shelf = started(BETTER)
    file.write_text(whole)
    assert types(shelf) == (ImageType.SURGERY,)
    assert shelf.warnings() == ()


def test_an_edit_made_while_the_bridge_was_stopped_is_in_force_from_the_first_photo_on(
    started: Callable[[str | None], MappingShelf],
) -> None:
    started(GOOD)
    assert started(BETTER).mapping_for("smiles").types == (ImageType.SURGERY,)


def test_a_file_that_is_being_written_at_the_start_takes_over_when_it_is_whole(
    started: Callable[..., MappingShelf], file: Path
) -> None:
    started(GOOD)
    writes = iter([GOOD.replace("Xray", "Audiogram"), BETTER])

    def somebody_writes(_seconds: float) -> None:
        file.write_text(next(writes, BETTER))

    assert started(GOOD + "# half", somebody_writes).mapping_for("smiles").types == (ImageType.SURGERY,)


def test_while_somebody_writes_and_writes_a_start_uses_the_last_good_version(
    started: Callable[..., MappingShelf], file: Path
) -> None:
    started(GOOD)
    numbers = iter(range(100))

    def somebody_writes(_seconds: float) -> None:
        file.write_text(BETTER + f"# {next(numbers)}")

    shelf = started(BETTER, somebody_writes)
    assert shelf.mapping_for("smiles").types == (ImageType.XRAY,)
    assert shelf.warnings() == ()
    assert types(shelf) == (ImageType.SURGERY,)


def test_a_version_taken_into_force_while_running_is_kept_and_a_bad_one_is_not(
    started: Callable[[str | None], MappingShelf], file: Path, kept: Path
) -> None:
    shelf = started(GOOD)
    assert kept.read_text() == GOOD
    for edit, is_kept in ((BETTER, BETTER), (BROKEN, BETTER), (DOUBTFUL, BETTER)):
        file.write_text(edit)
        types(shelf)
        assert kept.read_text() == is_kept
    assert types(started(BROKEN)) == (ImageType.SURGERY,)
    assert not [path for path in kept.parent.rglob("*") if path.suffix == ".part"]


def test_since_when_a_version_is_in_force_is_known_after_a_restart(
    started: Callable[[str | None], MappingShelf], kept: Path
) -> None:
    started(GOOD)
    os.utime(kept, (1_700_000_000, 1_700_000_000))
    (stands,) = started(GOOD).in_force()
    assert stands.since == datetime.fromtimestamp(1_700_000_000, UTC)
    assert last_good(kept) == (stands.version, stands.since)
    (mended,) = started(BETTER).in_force()
    assert mended.since > stands.since


def test_earlier_versions_are_found_by_their_hash_and_the_oldest_ones_go(
    started: Callable[[str | None], MappingShelf], file: Path, kept: Path
) -> None:
    shelf = started(GOOD)
    first = shelf.mapping_for("smiles").version_hash
    for number in range(205):
        file.write_text(BETTER + f"# {number}\n")
        types(shelf)
        if number == 0:
            found = shelf.earlier("smiles", first)
            assert found is not None
            assert found.types == (ImageType.XRAY,)
    assert shelf.earlier("smiles", first) is None
    assert len(list((kept.parent / "versions").iterdir())) == 200
    assert shelf.earlier("smiles", "../good-smiles") is None


def test_an_earlier_version_that_was_changed_since_is_not_known(
    started: Callable[[str | None], MappingShelf], kept: Path
) -> None:
    shelf = started(GOOD)
    version = shelf.mapping_for("smiles").version_hash
    shelf = started(BETTER)
    (kept.parent / "versions" / f"{version}.yaml").write_text(BETTER)
    assert shelf.earlier("smiles", version) is None


def test_the_version_that_was_kept_is_in_force_until_the_file_is_mended(
    started: Callable[[str | None], MappingShelf], file: Path
) -> None:
    started(GOOD)
    shelf = started(BROKEN)
    file.write_text(BETTER)
    assert types(shelf) == (ImageType.SURGERY,)
    assert shelf.warnings() == ()


def test_without_any_good_version_a_start_is_refused_with_the_problems_of_the_file_itself(
    started: Callable[[str | None], MappingShelf], kept: Path
) -> None:
    with pytest.raises(InputProblemsError, match="did you mean `Xray`"):
        started(BROKEN)
    kept.parent.mkdir(parents=True)
    kept.write_text("version: 1\n")
    with pytest.raises(InputProblemsError, match="did you mean `Xray`"):
        started(BROKEN)


def test_a_place_that_cannot_be_written_is_logged_and_stops_nothing(
    started: Callable[[str | None], MappingShelf], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").write_text("no folder")
    assert types(started(GOOD)) == (ImageType.XRAY,)
    assert caplog.text.count("event=mapping-not-kept practice=smiles error=") == 1


@pytest.fixture
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


def with_two_files(folder: Path, chart: SandboxServer) -> Config:
    """A config of two practices, each with a mapping file of its own."""
    file = make_config(folder, chart.url).file
    own = (folder / "thousand-smiles.yaml").read_text("utf-8")
    (folder / "other.yaml").write_text(own, "utf-8")
    first, _, second = file.read_text().rpartition("mapping: thousand-smiles.yaml")
    file.write_text(f"{first}mapping: other.yaml{second}")
    return load_config(file)


@pytest.mark.parametrize("is_gone", [False, True], ids=["broken", "gone"])
def test_one_clinics_bad_edit_before_a_restart_stops_neither_the_bridge_nor_that_clinic(
    tmp_path: Path, chart: SandboxServer, caplog: pytest.LogCaptureFixture, is_gone: bool
) -> None:
    config = with_two_files(tmp_path, chart)
    with running_bridge(config):
        assert kept_mapping(config.data_folder, "clinic-b").read_bytes() == (tmp_path / "other.yaml").read_bytes()
    if is_gone:
        (tmp_path / "other.yaml").unlink()
    else:
        (tmp_path / "other.yaml").write_text("version: 1\npatient: x\n")
    caplog.set_level(logging.WARNING, "bridge")
    with running_bridge(load_config(config.file)) as bridge:
        assert "event=mapping-problem practice=clinic-b" in caplog.text
        for number, guid in enumerate((GUID, OTHER_GUID)):
            name = f"#{guid}-#{number + 1}-#headshot-{WHEN}.jpg"
            assert post_photo(bridge.web.port, name, picture(number)).status == 200
            wait_until(lambda name=name: check(bridge.web.port, name).body == b"false")
