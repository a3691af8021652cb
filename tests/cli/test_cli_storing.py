"""`backup`, `restore`, `move-store`, and the other commands on a database."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.photos import PhotoState, SqliteStore, open_store
from bridge.sandbox import SandboxServer
from bridge.secret import Secret
from bridge.settings import Config
from bridge_runner import make_config, running_bridge
from cli.cli_runs import NAME, held_photo, here, queued_photo
from phone import check, picture, post_photo, wait_until
from postgres_server import new_database

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
            assert (ended.code, ended.out) == (0, f"{file}: 1 photos. The config is not in it.\n")
        other = make_config(tmp_path / "other", chart.url)
        ended = here(capsys, "--config", other.file, "restore", file)
        assert (ended.code, ended.out.splitlines()[0]) == (0, f"{other.data_folder}: 1 photos.")
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
