"""What people read when the store cannot be used as they asked: one sentence each, and an exit code that says so."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cli_runs import Command, Ended, queued_photo, run

from bridge.photos import SqliteStore
from bridge.settings import Config
from bridge_runner import make_config, running_bridge
from ports import free_port
from postgres_server import PostgresServer

Bridge = Callable[..., Ended]
SECRET = "hunter2"
ADDRESS = "postgresql://USER:PASSWORD@HOST/NAME"
NEWER = "UPDATE alembic_version SET version_num = '9999'"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server with a user of the bridge who needs a password."""
    with PostgresServer(passwords_for="bridge") as started:
        started.do("CREATE USER bridge PASSWORD 'right'")
        started.do("CREATE DATABASE photos OWNER bridge")
        yield started


def ask(command: Command, file: Path, *words: str | Path) -> Ended:
    """Run a command with a config; `serve` as a process of its own, because it sets up the whole process's log."""
    return run("--config", file, *words) if words[0] == "serve" else command("--config", file, *words)


def with_database(folder: Path, url: str) -> Path:
    (folder / "database-url").write_text(url)
    return make_config(folder, "http://127.0.0.1:9", more="database: {url_file: database-url}").file


@pytest.mark.parametrize(
    ("url", "beginning", "advice"),
    [
        (
            "postgresql://bridge:hunter2@127.0.0.1:{closed}/photos",
            "The photo store's database does not answer (",
            "check its server and the network; photos flow again by themselves as soon as it does.",
        ),
        (
            "postgresql://bridge:hunter2@database.invalid/photos",
            "The photo store's database does not answer (",
            "check its server and the network; photos flow again by themselves as soon as it does.",
        ),
        (
            "postgresql://bridge:hunter2@127.0.0.1:{port}/photos",
            "The photo store's database takes no connection (",
            "check the user, password and database name in its address, unless it is just starting or has no "
            "connection free: then photos flow again by themselves.",
        ),
        (
            "postgresql://bridge:right@127.0.0.1:{port}/other",
            "The photo store's database takes no connection (",
            "check the user, password and database name in its address, unless it is just starting or has no "
            "connection free: then photos flow again by themselves.",
        ),
        (
            "postgresql://bridge:hunter2@127.0.0.1:{port}/photos?hunter2=1",
            "The address of the photo store's database cannot be read",
            f"write it as {ADDRESS}.",
        ),
    ],
    ids=["server not there", "name not known", "wrong password", "no such database", "wrong option"],
)
@pytest.mark.parametrize("asked", [("photos", "list"), ("serve",)], ids=lambda words: words[0])
def test_a_database_that_cannot_be_used_is_one_sentence(
    server: PostgresServer,
    tmp_path: Path,
    command: Command,
    asked: tuple[str, ...],
    url: str,
    beginning: str,
    advice: str,
) -> None:
    file = with_database(tmp_path, url.format(port=server.port, closed=free_port()))
    ended = ask(command, file, *asked)
    assert (ended.code, len(ended.errors)) == (1, 1)
    assert ended.errors[0].startswith(beginning)
    assert ended.errors[0].endswith(advice)
    assert SECRET not in ended.err


@pytest.mark.parametrize("url", ["hunter2", "postgres//hunter2", "mysql://bridge:hunter2@127.0.0.1/photos"])
def test_an_address_that_is_none_is_shown_in_the_config(tmp_path: Path, command: Command, url: str) -> None:
    file = make_config(tmp_path, "http://127.0.0.1:9").file
    (tmp_path / "database-url").write_text(url)
    file.write_text(f"database: {{url_file: database-url}}\n{file.read_text()}")
    ended = command("--config", file, "photos", "list")
    assert ended.code == 1
    assert ended.errors == [f"{file}, line 1, database.url_file: must lead to an address as {ADDRESS}"]


@pytest.mark.parametrize("asked", [("photos", "list"), ("serve",), ("pages",)], ids=lambda words: words[0])
def test_a_database_of_a_newer_version_is_one_sentence(
    server: PostgresServer, tmp_path: Path, command: Command, asked: tuple[str, ...]
) -> None:
    name = server.new_database()
    file = with_database(tmp_path, server.url(name))
    assert command("--config", file, "photos", "list").code == 0
    server.do(NEWER, name)
    ended = ask(command, file, *asked)
    assert ended.code == 1
    assert ended.errors == [
        "The database belongs to a newer version of the bridge; install that version on this machine, too."
    ]


@pytest.mark.parametrize("asked", [("photos", "list"), ("serve",), ("backup", "b.tar")], ids=lambda words: words[0])
def test_a_data_folder_of_a_newer_version_is_one_sentence(
    command: Command, config: Config, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    with closing(SqliteStore(config.data_folder)) as store, store.writing() as connection:
        connection.exec_driver_sql(NEWER)
    ended = ask(command, config.file, *(tmp_path / word if word == "b.tar" else word for word in asked))
    assert ended.code == 1
    assert ended.errors == [
        "The data folder belongs to a newer version of the bridge; install that version, or use another data folder."
    ]


def test_the_pages_of_a_bridge_that_does_not_run_are_said_to_need_it(bridge: Bridge, config: Config) -> None:
    own_url = config.server.own_url()
    ended = bridge("pages", "--open")
    assert ended.code == 1
    assert ended.out.startswith(f"{own_url}/sign-in/?ticket=")
    assert ended.errors == [
        f"Nothing answers at {own_url} now; start the bridge with `tscharts-bridge serve`, then open it."
    ]
    with running_bridge(config):
        assert (bridge("pages").code, bridge("pages").errors) == (0, [])


def test_a_backup_goes_neither_over_a_file_nor_into_a_folder_that_is_not_there(
    bridge: Bridge, config: Config, tmp_path: Path
) -> None:
    queued_photo(config)
    file = tmp_path / "backup.tar"
    assert bridge("backup", file).code == 0
    kept = file.read_bytes()
    again = bridge("backup", file)
    assert again.code == 1
    assert again.errors == [f"The file {file} is there already; give another name, or move it away."]
    assert file.read_bytes() == kept
    for folder in (tmp_path / "none", file):
        ended = bridge("backup", folder / "backup.tar")
        assert ended.code == 1
        assert ended.errors == [f"There is no folder {folder} for the backup; make it first, or give another path."]
    assert not (tmp_path / "none").exists()


def test_a_backup_of_nothing_is_one_sentence(bridge: Bridge, config: Config, tmp_path: Path) -> None:
    ended = bridge("backup", tmp_path / "backup.tar")
    assert ended.code == 1
    assert ended.errors == [f"There is no photo store in the data folder {config.data_folder}; nothing to back up."]


def test_nothing_is_restored_under_a_running_bridge(bridge: Bridge, config: Config, tmp_path: Path) -> None:
    queued_photo(config)
    file = tmp_path / "backup.tar"
    assert bridge("backup", file).code == 0
    with closing(SqliteStore(config.data_folder, exclusive=True)) as store:
        before = store.photos()
        ended = bridge("restore", file)
        assert store.photos() == before
    assert ended.code == 1
    assert ended.errors == [
        f"The data folder {config.data_folder} is not empty; stop the bridge if it runs, and move the folder away, "
        "or give another one in the config."
    ]


@pytest.mark.parametrize("content", [b"", b"x" * 5000], ids=["empty", "something else"])
def test_what_is_no_backup_is_not_restored(bridge: Bridge, config: Config, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.tar"
    file.write_bytes(content)
    ended = bridge("restore", file)
    assert (ended.code, len(ended.errors)) == (1, 1)
    assert ended.errors[0].startswith(f"The file {file} is no backup of a bridge, or was cut off (")
    assert not config.data_folder.exists()


def test_a_backup_that_is_not_there_is_asked_wrongly(bridge: Bridge, tmp_path: Path) -> None:
    ended = bridge("restore", tmp_path / "none.tar")
    assert ended.code == 2
    assert ended.errors == [f"Invalid value for 'FILE': File '{tmp_path / 'none.tar'}' does not exist."]


def test_moving_without_a_database_in_the_config_is_one_sentence(bridge: Bridge, config: Config) -> None:
    ended = bridge("move-store")
    assert ended.code == 1
    assert ended.errors == [f"{config.file} names no database; add `database:` with `url_file`, then move."]
