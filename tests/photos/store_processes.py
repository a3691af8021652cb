"""Work that tests give to other processes, and the processes themselves."""

import contextlib
import hashlib
import multiprocessing
import random
import secrets
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from photo_makers import PRACTICES, add, claimed

from bridge.photos import PostgresStore, SqliteStore, StoreError
from bridge.secret import Secret

_PATIENCE_SECONDS = 60
_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


class Child:
    """A process doing `work(connection, *arguments)`; `hear` what it says and `tell` it something."""

    def __init__(self, work: Callable[..., None], *arguments: object) -> None:
        context: Any = multiprocessing.get_context(_METHOD)
        if _METHOD == "forkserver":
            context.set_forkserver_preload(["bridge.photos"])
        self._connection, there = context.Pipe()
        self._process = context.Process(target=work, args=(there, *arguments))
        self._process.start()
        there.close()

    def hear(self) -> Any:
        """What the process says next. Raises EOFError when it has ended."""
        assert self._connection.poll(_PATIENCE_SECONDS), "the other process says nothing"
        return self._connection.recv()

    def tell(self, what: object) -> None:
        self._connection.send(what)

    def kill(self) -> None:
        """End it as a power cut does, between any two instructions."""
        self._process.kill()
        self._process.join()

    def rest(self) -> list[Any]:
        """All that it had still to say."""
        heard = []
        with contextlib.suppress(EOFError, OSError):
            while True:
                heard.append(self.hear())
        return heard

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._connection.close()


@contextlib.contextmanager
def children(number: int, work: Callable[..., None], *arguments: object) -> Iterator[list[Child]]:
    """So many processes doing the same, each told its number after its other arguments."""
    with contextlib.ExitStack() as ending:
        started = []
        for index in range(number):
            child = Child(work, *arguments, index)
            ending.callback(child.end)
            started.append(child)
        yield started


def answer(connection: Connection, work: Callable[[], object]) -> None:
    """Say "ready", wait to be told, and say what came of the work: its result, or the error's name and sentence."""
    connection.send("ready")
    connection.recv()
    try:
        connection.send(work())
    except Exception as error:
        connection.send(f"{type(error).__name__}: {error}")


def hold_exclusively(connection: Connection, folder: Path, _index: int) -> None:
    """Serve from a data folder until killed."""
    with contextlib.closing(SqliteStore(folder, exclusive=True)):
        connection.send("held")
        connection.recv()


def open_and_close(connection: Connection, folder: Path, times: int, _index: int) -> None:
    """Open the store and close it again."""

    def work() -> str:
        for _ in range(times):
            SqliteStore(folder).close()
        return "good"

    answer(connection, work)


def write_many(connection: Connection, folder: Path, times: int, index: int) -> None:
    """Add photos and claim some, so that there are so many writes."""

    def work() -> str:
        with contextlib.closing(SqliteStore(folder)) as store:
            for number in range(times // 2):
                add(store, f"{index}-{number}.jpg")
                claimed(store)
        return "good"

    answer(connection, work)


def accept_until_killed(connection: Connection, folder: Path, _index: int) -> None:
    """Serve from a data folder with four threads, and say each photo's number and hash once it is accepted."""
    store = SqliteStore(folder, exclusive=True)
    store.ensure_practices(PRACTICES)
    speaking = threading.Lock()

    def work() -> None:
        while True:
            content = secrets.token_bytes(random.choice((1, 5_000, 200_000)))
            photo = add(store, secrets.token_hex(4), content)
            with speaking:
                connection.send((photo.id, hashlib.sha256(content).hexdigest()))

    for _ in range(4):
        threading.Thread(target=work).start()


def claim_and_wait(connection: Connection, database: Secret, folder: Path, _index: int) -> None:
    """Serve from a database, claim a photo, say its number, and wait to be killed."""
    store = PostgresStore(database, folder, exclusive=True)
    connection.send(claimed(store).id)
    connection.recv()


def add_within_a_file_size(connection: Connection, folder: Path, most_bytes: int, _index: int) -> None:
    """Add photos of the sizes told while no file may grow beyond a size. A size below 0 lifts that limit first."""
    import resource  # Windows has none

    store = SqliteStore(folder)
    store.ensure_practices(PRACTICES)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    while size := connection.recv():
        if size < 0:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        try:
            connection.send(add(store, f"{size}.jpg", secrets.token_bytes(abs(size))).size_bytes)
        except StoreError as error:
            connection.send(str(error))
    store.close()
