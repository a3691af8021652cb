"""Copies of originals in folders: MedImage's layout, nothing overwritten, a drive that is away delays nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.copies import CopyKeeper, FolderAwayError, write_copy
from bridge.photos import Chores, NewUpload, Photo, Source, SqliteStore
from bridge.sandbox import SandboxServer
from bridge.settings import CopySettings, PatientFolder
from bridge_runner import GUID, OTHER_GUID, make_config, running_bridge
from phone import check, picture, post_photo, wait_until

WHEN = "21-Nov-2026-10-11-12"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "data")
    opened.ensure_practices({"clinic-a": GUID})
    yield opened
    opened.close()


def keeper_for(store: SqliteStore, settings: CopySettings, drives: list[Path] | None = None) -> CopyKeeper:
    keeper = CopyKeeper(store, settings, store.guid_of, lambda: drives or [])
    store.set_chores(lambda _practice: Chores(copies=keeper.folders()))
    return keeper


def add(store: SqliteStore, name: str, content: bytes = b"picture", media_type: str = "image/jpeg") -> Photo:
    incoming = store.incoming()
    incoming.write(content)
    return store.add(NewUpload("clinic-a", name, Source.PHOTO_API, media_type, None), incoming)[0]


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (f"#{GUID}-#NHID1234-#arm-wound.jpg", "NHID1234/arm/wound.jpg"),
        (f"#{GUID}-#123-{WHEN}.jpg", f"123/{WHEN}.jpg"),
        (f"#{GUID}-#Muñoz-cara.jpg", "Muñoz/cara.jpg"),
        (f"#{GUID}-#..-#./.-x.jpg", "x.jpg"),
        (f"#{GUID}-#CON-NUL.jpg", "_CON/_NUL.jpg"),
        ("wound.jpg", "wound.jpg"),
    ],
)
def test_copies_lie_where_medimage_would_put_them_and_never_outside(
    store: SqliteStore, tmp_path: Path, name: str, path: str
) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    keeper = keeper_for(store, CopySettings((folder,)))
    add(store, name)
    keeper.work()
    assert files_in(folder) == {path: b"picture"}


def test_two_photos_of_one_name_are_both_kept(store: SqliteStore, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    keeper = keeper_for(store, CopySettings((folder,)))
    for content in (b"one", b"two", b"three"):
        add(store, f"#{GUID}-#7-x.jpg", content)
    keeper.work()
    assert files_in(folder) == {"7/x.jpg": b"one", "7/x (2).jpg": b"two", "7/x (3).jpg": b"three"}


def test_a_file_that_a_person_put_there_stays(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"mine")
    written = write_copy(tmp_path, ("x.jpg",), b"theirs")
    assert written.name == "x (2).jpg"
    assert (tmp_path / "x.jpg").read_bytes() == b"mine"


def test_a_copy_that_was_written_before_a_crash_is_not_written_again(tmp_path: Path) -> None:
    first = write_copy(tmp_path, ("7", "x.jpg"), b"picture")
    assert write_copy(tmp_path, ("7", "x.jpg"), b"picture") == first
    (tmp_path / "7" / "y.jpg").touch()
    assert write_copy(tmp_path, ("7", "y.jpg"), b"other").name == "y.jpg"
    assert files_in(tmp_path) == {"7/x.jpg": b"picture", "7/y.jpg": b"other"}


def test_a_folder_that_is_away_is_never_made_and_its_copies_come_when_it_is_back(
    store: SqliteStore, tmp_path: Path
) -> None:
    away, here = tmp_path / "usb", tmp_path / "backup"
    here.mkdir()
    keeper = keeper_for(store, CopySettings((away, here)))
    add(store, f"#{GUID}-#7-x.jpg")
    keeper.work()
    assert files_in(here) == {"7/x.jpg": b"picture"}
    assert not away.exists()
    with pytest.raises(FolderAwayError, match="plug its drive in"):
        write_copy(away, ("x.jpg",), b"")
    away.mkdir()
    store.put_off_copies(str(away), store.photos()[0].received_at)
    keeper.work()
    assert files_in(away) == {"7/x.jpg": b"picture"}


@pytest.mark.parametrize(
    ("spelling", "folder"),
    [(PatientFolder.AS_TYPED, "aB1"), (PatientFolder.UPPER, "AB1"), (PatientFolder.LOWER, "ab1")],
)
def test_the_patient_folder_is_spelt_as_the_setting_says(
    store: SqliteStore, tmp_path: Path, spelling: PatientFolder, folder: str
) -> None:
    (tmp_path / "backup").mkdir()
    keeper = keeper_for(store, CopySettings((tmp_path / "backup",), patient_folder=spelling))
    add(store, f"#{GUID}-#aB1-Arm.jpg")
    keeper.work()
    assert files_in(tmp_path / "backup") == {f"{folder}/Arm.jpg": b"picture"}


def test_a_drive_with_a_photo_folder_gets_copies_from_when_it_is_plugged_in(store: SqliteStore, tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    keeper = keeper_for(store, CopySettings(find_drives=True), [drive, tmp_path / "other"])
    keeper.look_for_drives()
    add(store, "before.jpg")
    (drive / "MedImage" / "photos").mkdir(parents=True)
    keeper.look_for_drives()
    add(store, "after.jpg")
    keeper.work()
    assert files_in(drive) == {"MedImage/photos/after.jpg": b"picture"}


def test_content_decides_the_extension(store: SqliteStore, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    keeper = keeper_for(store, CopySettings((tmp_path / "backup",)))
    add(store, "scan.jpg", media_type="application/pdf")
    keeper.work()
    assert list(files_in(tmp_path / "backup")) == ["scan.jpg.pdf"]


def test_a_running_bridge_copies_originals_and_a_missing_drive_does_not_delay_the_chart(tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    backup.mkdir()
    copies = f"copies: {{folders: [{backup.as_posix()}, {(tmp_path / 'usb').as_posix()}]}}"
    with SandboxServer() as chart, running_bridge(make_config(tmp_path, chart.url, more=copies)) as bridge:
        name = f"#{GUID}-#5-#headshot-{WHEN}.jpg"
        post_photo(bridge.web.port, name, picture(5))
        wait_until(lambda: check(bridge.web.port, name).body == b"false")
        wait_until(lambda: files_in(backup) == {f"{GUID}/5/headshot/{WHEN}.jpg": picture(5)})


def test_copies_of_several_practices_never_share_a_folder(tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    copies = f"copies: {{folders: [{(tmp_path / 'backup').as_posix()}]}}"
    with SandboxServer() as chart, running_bridge(make_config(tmp_path, chart.url, more=copies)) as bridge:
        for number, guid in enumerate((GUID, OTHER_GUID)):
            post_photo(bridge.web.port, f"#{guid}-#5-#headshot-{WHEN}.jpg", picture(number))
        wait_until(
            lambda: (
                files_in(tmp_path / "backup")
                == {
                    f"{GUID}/5/headshot/{WHEN}.jpg": picture(0),
                    f"{OTHER_GUID}/5/headshot/{WHEN}.jpg": picture(1),
                }
            )
        )


def test_a_practice_without_a_guid_has_a_folder_of_its_name_beside_the_others(
    store: SqliteStore, tmp_path: Path
) -> None:
    (tmp_path / "backup").mkdir()
    settings = CopySettings((tmp_path / "backup",), patient_folder=PatientFolder.UPPER)
    keeper = CopyKeeper(store, settings, lambda _practice: None, is_shared=True)
    store.set_chores(lambda _practice: Chores(copies=keeper.folders()))
    add(store, "#ab1-arm.jpg")
    keeper.work()
    assert files_in(tmp_path / "backup") == {"clinic-a/AB1/arm.jpg": b"picture"}
