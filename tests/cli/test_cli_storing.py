"""`backup`, `restore`, `move-store`, and the other commands on a database."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli import cli
from bridge.photos import PhotoState, SqliteStore, move_store, open_store
from bridge.sandbox import SandboxServer
from bridge.secret import Secret
from bridge.settings import Config
from bridge_runner import make_config, running_bridge
from cli.cli_runs import NAME, held_photo, here, queued_photo
from phone import check, picture, post_photo, wait_until
from postgres_server import new_database, shared_server

CHART = "http://127.0.0.1:9"
SENT = NAME.replace("999", "1")


@pytest.fixture
def database() -> Iterator[str]:
    with new_database() as url:
        yield url


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return make_config(tmp_path, CHART)


def with_database(folder: Path, url: str, chart: str = CHART) -> Config:
    (folder / "database-url").write_text(url)
    return make_config(folder, chart, more="database: {url_file: database-url}")


def test_a_backup_of_a_running_bridge_is_restored_and_served_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    file = tmp_path / "backup.tar"
    with SandboxServer() as chart:
        config = make_config(tmp_path, chart.url)
        with running_bridge(config) as bridge:
            assert post_photo(bridge.web.port, SENT, picture()).status == 200
            wait_until(lambda: check(bridge.web.port, SENT).body == b"false")
            ended = here(capsys, "--config", config.file, "backup", file)
            assert (ended.code, ended.out) == (0, f"{file}: 1 photo. The config is not in it.\n")
        other = make_config(tmp_path / "other", chart.url)
        ended = here(capsys, "--config", other.file, "restore", file)
        assert (ended.code, ended.out.splitlines()[0]) == (0, f"{other.data_folder}: 1 photo.")
        with running_bridge(other) as bridge:
            assert check(bridge.web.port, SENT).body == b"false"
        assert len(chart.images(1)) == 1


def test_nothing_is_restored_over_a_data_folder(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    queued_photo(config)
    file = config.file.with_name("backup.tar")
    assert here(capsys, "--config", config.file, "backup", file).code == 0
    ended = here(capsys, "--config", config.file, "restore", file)
    assert ended.code == 1
    assert ended.errors == [
        f"The data folder {config.data_folder} is not empty; stop the bridge if it runs, and move the folder away, "
        "or give another one in the config."
    ]


@pytest.mark.parametrize(("command", "tool"), [("backup", "pg_dump"), ("restore", "pg_restore")])
def test_a_database_is_backed_up_with_its_own_tools(
    command: str, tool: str, tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = with_database(tmp_path, database)
    ended = here(capsys, "--config", config.file, command, config.file)
    assert (ended.code, len(ended.errors)) == (1, 1)
    assert f"PostgreSQL's own {tool}; the photos are all in it." in ended.errors[0]


def test_a_moved_store_is_served_from_the_database(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with SandboxServer() as chart:
        config = make_config(tmp_path, chart.url)
        queued_photo(config, SENT)
        held = held_photo(config)
        config = with_database(tmp_path, database, chart.url)
        ended = here(capsys, "--config", config.file, "move-store")
        assert ended.code == 0, ended.err
        assert "Moved and verified: 2 photos, " in ended.out
        assert "Copying the photos and their originals ..." in ended.out.splitlines()
        assert "image_facts" not in ended.out
        with running_bridge(config) as bridge:
            wait_until(lambda: bridge.store.counts()[PhotoState.DELIVERED] == 1)
            listed = here(capsys, "--config", config.file, "photos", "list", "--state", "held")
            assert (listed.code, listed.err) == (0, "")
            assert bridge.store.photo(held.id).state is PhotoState.HELD
        assert len(chart.images(1)) == 1


def test_moving_needs_a_database_and_stopped_bridges(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_config(tmp_path, CHART)
    ended = here(capsys, "--config", config.file, "move-store")
    assert ended.errors == [f"{config.file} names no database; add `database:` with `url_file`, then move."]
    config = with_database(tmp_path, database)
    with contextlib.closing(SqliteStore(config.data_folder, exclusive=True)):
        ended = here(capsys, "--config", config.file, "move-store")
    assert (ended.code, len(ended.errors)) == (1, 1)
    assert "stop it first" in ended.errors[0]


def test_check_looks_at_the_database(tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    config = with_database(tmp_path, database)
    ended = here(capsys, "--config", config.file, "check")
    assert "the database runs with `fsync` off, so a power cut may lose photos; turn it on" in ended.out
    (line,) = [line for line in ended.out.splitlines() if "`fsync`" in line]
    assert (ended.code, line.split()[:2]) == (1, ["BAD", "database"])
    gone = with_database(tmp_path, "postgresql://bridge:hunter2@127.0.0.1:9/bridge")
    ended = here(capsys, "--config", gone.file, "check")
    assert "The photo store's database does not answer" in ended.out
    assert "hunter2" not in ended.out + ended.err


def test_tickets_for_the_pages_need_nothing_in_the_data_folder(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = with_database(tmp_path, database)
    ended = here(capsys, "--config", config.file, "pages")
    assert "/sign-in/?ticket=" in ended.out
    assert not (config.data_folder / "admission-key").exists()
    with contextlib.closing(open_store(config.data_folder, Secret(database))) as store:
        assert len(store.shared_key("admission")) == 32


def test_a_restored_photo_that_was_held_is_counted_and_says_to_look_in_the_chart_first(
    tmp_path: Path, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    held_photo(config)
    queued_photo(config, SENT)
    assert here(capsys, "--config", config.file, "backup", tmp_path / "backup.tar").code == 0
    (tmp_path / "other").mkdir()
    other = make_config(tmp_path / "other", CHART)
    ended = here(capsys, "--config", other.file, "restore", tmp_path / "backup.tar")
    assert ended.out.splitlines() == [
        f"{other.data_folder}: 2 photos.",
        "Waiting when the backup was made, held now: 1 photo.",
        "Held already when the backup was made: 1 photo.",
        "All of these may be in the chart by now. Look there first; then discard, retry or assign them:",
        "see `tscharts-bridge photos list --state held`.",
    ]
    _headings, *lines = here(capsys, "--config", other.file, "photos", "list").out.splitlines()
    assert ["chart-differs, from a backup" in lines[0], "unknown-patient, from a backup" in lines[1]] == [True, True]
    out = here(capsys, "--config", other.file, "photos", "show", "1").out
    assert "hold: unknown-patient: From a backup; look in the chart first: " in out
    assert "Else: The chart has no patient with id 999; assign the photo." in out


def dumped(url: str, file: Path) -> None:
    """What docs/operating.md says, with a test's server, which asks for no password."""
    shared_server().run_client("pg_dump", "--format=custom", f"--dbname={url}", output=file)


def restored_into(url: str, file: Path) -> None:
    shared_server().run_client("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={url}", given=file)


def test_a_database_that_pg_restore_brought_back_sends_nothing_that_may_be_in_the_chart(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with SandboxServer() as chart, new_database() as copy:
        queued_photo(make_config(tmp_path, chart.url), SENT)
        held_photo(make_config(tmp_path, chart.url))
        config = with_database(tmp_path, database, chart.url)
        assert here(capsys, "--config", config.file, "move-store").code == 0
        dumped(database, tmp_path / "bridge.dump")
        with running_bridge(config) as bridge:
            wait_until(lambda: bridge.store.counts()[PhotoState.DELIVERED] == 1)
        restored_into(copy, tmp_path / "bridge.dump")
        config = with_database(tmp_path, copy, chart.url)
        ended = here(capsys, "--config", config.file, "after-restore", "--yes")
        assert ended.code == 0, ended.err
        assert ended.out.splitlines()[:2] == [
            "Waiting when the backup was made, held now: 1 photo.",
            "Held already when the backup was made: 1 photo.",
        ]
        with running_bridge(config) as bridge:
            assert bridge.store.counts()[PhotoState.HELD] == 2
            assert [event.to_state for event in bridge.store.events(1)] == [PhotoState.QUEUED, PhotoState.HELD]
            refused = here(capsys, "--config", config.file, "after-restore", "--yes")
            assert "A bridge runs on this database; stop all that do" in refused.errors[0]
        assert len(chart.images(1)) == 1
        ended = here(capsys, "--config", config.file, "after-restore", "--yes")
        assert ended.out == "No photo was waiting or held; the bridges can be started.\n"


def test_after_restore_asks_first_and_needs_a_store_that_no_bridge_uses(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--config", str(config.file), "after-restore"]
    ended = here(capsys, *arguments, "--yes")
    assert ended.errors == [f"There is no photo store in the data folder {config.data_folder}; restore one first."]
    assert not config.data_folder.exists()
    photo = queued_photo(config)
    refused = CliRunner().invoke(cli, arguments, input="n\n")
    assert (refused.exit_code, refused.stderr) == (1, "Error: Nothing was changed, as you did not say yes.\n")
    with contextlib.closing(SqliteStore(config.data_folder, exclusive=True)) as store:
        assert "stop it first" in here(capsys, *arguments, "--yes").errors[0]
        assert store.photo(photo.id).state is PhotoState.QUEUED
    assert CliRunner().invoke(cli, arguments, input="y\n").exit_code == 0
    with contextlib.closing(SqliteStore(config.data_folder)) as store:
        assert store.photo(photo.id).state is PhotoState.HELD


def test_after_a_move_commands_with_the_old_config_change_nothing_and_check_is_bad(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with SandboxServer() as chart:
        old = make_config(tmp_path, chart.url)
        held_photo(old)
        config = with_database(tmp_path, database, chart.url)
        assert here(capsys, "--config", config.file, "move-store").code == 0
        old = make_config(tmp_path, chart.url)
        sentence = (
            f"The photos in {old.data_folder} were moved into a database; name it in the config under `database:`."
        )
        for command in (
            ["photos", "list"],
            ["photos", "discard", "1", "--reason", "x", "--yes"],
            ["photos", "retry", "1"],
            ["backup", tmp_path / "old.tar"],
            ["after-restore", "--yes"],
            ["serve"],
        ):
            ended = here(capsys, "--config", old.file, *command)
            assert (ended.code, ended.errors) == (1, [sentence]), command
        ended = here(capsys, "--config", old.file, "check")
        (line,) = [line for line in ended.out.splitlines() if sentence in line]
        assert (ended.code, line.split()[:2]) == (1, ["BAD", "store"])
        config = with_database(tmp_path, database, chart.url)
        assert '"state": "held"' in here(capsys, "--config", config.file, "photos", "show", "1", "--json").out


def test_a_half_moved_store_is_used_by_no_command_and_check_is_bad(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    held_photo(make_config(tmp_path, CHART))
    config = with_database(tmp_path, database)

    def cut(_what: str) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        move_store(config.data_folder, Secret(database), cut)
    sentence = "The photos were not moved into the database to the end; run `tscharts-bridge move-store` again."
    for command in (["photos", "list"], ["photos", "discard", "1", "--reason", "x", "--yes"], ["serve"]):
        ended = here(capsys, "--config", config.file, *command)
        assert (ended.code, ended.errors) == (1, [sentence]), command
    ended = here(capsys, "--config", config.file, "check")
    (line,) = [line for line in ended.out.splitlines() if sentence in line]
    assert line.split()[:2] == ["BAD", "store"]
