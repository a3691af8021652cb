"""Backups of a data folder while a bridge runs on it: one tar file with the photos' bytes and the database.

The database is copied by SQLite's own online backup. The bytes of all its photos must then be in the file too; when
some have been forgotten meanwhile, their photos reached the chart, so a newer copy of the database is taken.
"""

import contextlib
import hashlib
import os
import re
import shutil
import sqlite3
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from bridge.photos.errors import StoreDamagedError, StoreError
from bridge.photos.files import PhotoFiles, make_folder, storing, sync_name
from bridge.photos.folder_lock import serving_lock, take_serving_lock
from bridge.photos.opening import refuse_moved_away
from bridge.photos.restored import Doubtful, hold_doubtful
from bridge.photos.sqlite import SqliteStore

_DATABASE = "bridge.db"
_BYTES = re.compile(r"photos/([0-9a-f])/(\1[0-9a-f]{31})\Z")
_MOST_COPIES = 10
_PAUSE_SECONDS = 0.1
"""A bridge removes bytes a moment before its database says so."""
_CHUNK_BYTES = 1024 * 1024
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class BackupCounts:
    """What a backup holds: photos in the database, and how many of those whose bytes should be there lack them.
    `doubtful` are those that wait for a person after it was restored.
    """

    photos: int
    without_bytes: int
    doubtful: Doubtful = field(default_factory=Doubtful)


def back_up(data_folder: Path, file: Path) -> BackupCounts:
    """Write a backup of a data folder, which a bridge may be serving from, to a new file, its owner's alone.

    Raises StoreError, also when the photos were moved into a database: the folder has an old copy of them.
    """
    if file.exists():
        raise StoreError(f"The file {file} is there already; give another name, or move it away.")
    if not (data_folder / _DATABASE).exists():
        raise StoreError(f"There is no photo store in the data folder {data_folder}; nothing to back up.")
    part = file.with_name(f"{file.name}.part")
    copy = file.with_name(f"{file.name}.database-part")
    try:
        with storing(f"The backup {file} cannot be written", "check its folder, and the room there"):
            counts = _write(data_folder, part, copy)
            part.replace(file)
            sync_name(file)
    finally:
        for path in (part, copy):
            path.unlink(missing_ok=True)
    return counts


def _write(data_folder: Path, part: Path, copy: Path) -> BackupCounts:
    with contextlib.closing(SqliteStore(data_folder)) as store, _new_file(part) as out:
        refuse_moved_away(store, data_folder)
        with tarfile.open(fileobj=out, mode="w") as archive:
            counts = _add_all(archive, store.files, data_folder / _DATABASE, copy)
        out.flush()
        os.fsync(out.fileno())
    return counts


def _new_file(path: Path) -> IO[bytes]:
    """A new file that only its owner may read, in place of one that was left there. SQLite keeps its mode, too."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, _NEW, 0o600), "wb")


def _add_all(archive: tarfile.TarFile, files: PhotoFiles, database: Path, copy: Path) -> BackupCounts:
    """The bytes first, then the copy of the database for which none of them is missing, if there can be one."""
    added: set[str] = set()
    missing: set[str] = set()
    for _ in range(_MOST_COPIES):
        _copy_database(database, copy)
        missing = set()
        for key in sorted(_keys(copy) - added):
            try:
                archive.add(files.path(key), f"photos/{key[0]}/{key}", recursive=False)
                added.add(key)
            except FileNotFoundError:
                missing.add(key)
        if not missing:
            break
        time.sleep(_PAUSE_SECONDS)
    archive.add(copy, _DATABASE, recursive=False)
    return BackupCounts(_count(copy), len(missing))


def _copy_database(database: Path, copy: Path) -> None:
    _new_file(copy).close()
    with _opened(database) as source, _opened(copy) as target:
        source.backup(target)


def restore(file: Path, data_folder: Path, *, send_waiting: bool = False) -> BackupCounts:
    """Make a data folder of a backup. Raises StoreError, also when there is anything in the folder already.

    Photos that were waiting when the backup was made may have been delivered since, of which it knows nothing. So they
    are held, for a person to look in the chart, and those that were held say so, unless `send_waiting`.
    """
    if data_folder.exists() and (not data_folder.is_dir() or any(data_folder.iterdir())):
        raise StoreError(
            f"The data folder {data_folder} is not empty; stop the bridge if it runs, and move the folder away, "
            "or give another one in the config."
        )
    making = data_folder.with_name(f"{data_folder.name}.restoring")
    with storing(f"The data folder {data_folder} cannot be restored", "check the disk, and who may write there"):
        make_folder(making)
        lock = serving_lock(making)
        take_serving_lock(lock, making)
        try:
            counts = _restore(file, making)
            counts = counts if send_waiting else replace(counts, doubtful=_hold_doubtful(making))
        finally:
            lock.release()
        (making / "bridge.lock").unlink(missing_ok=True)
        if data_folder.exists():
            data_folder.rmdir()
        making.replace(data_folder)
        sync_name(data_folder)
    return counts


def _restore(file: Path, folder: Path) -> BackupCounts:
    for old in folder.iterdir():
        if old.is_dir():
            shutil.rmtree(old)
        elif old.name != "bridge.lock":
            old.unlink()
    hashes = _unpack(file, folder)
    if not (folder / _DATABASE).exists():
        raise StoreError(f"The file {file} is no backup of a bridge, or not a whole one; use another.")
    without_bytes = _check(folder, hashes)
    return BackupCounts(_count(folder / _DATABASE), without_bytes)


def _hold_doubtful(folder: Path) -> Doubtful:
    with contextlib.closing(SqliteStore(folder)) as store:
        return hold_doubtful(store)


def _unpack(file: Path, folder: Path) -> dict[str, str]:
    """Write what is in a backup, and give the SHA-256 of each photo's bytes by their key."""
    hashes = {}
    PhotoFiles(folder / "photos")
    try:
        with tarfile.open(file, "r:") as archive:
            for member in archive:
                name = _BYTES.match(member.name)
                content = archive.extractfile(member) if member.isfile() else None
                if content is None or not (name or member.name == _DATABASE):
                    raise StoreError(f"The file {file} is no backup of a bridge; nothing was restored.")
                digest = _write_durably(content, folder / member.name)
                if name:
                    hashes[name[2]] = digest
    except (tarfile.TarError, EOFError) as error:
        raise StoreError(f"The file {file} is no backup of a bridge, or was cut off ({error}); use another.") from None
    return hashes


def _write_durably(content: IO[bytes], path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("xb") as out:
        while chunk := content.read(_CHUNK_BYTES):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def _check(folder: Path, hashes: dict[str, str]) -> int:
    """How many photos lack their bytes. Raises StoreDamagedError when the database is damaged."""
    try:
        with _opened(folder / _DATABASE) as database:
            if database.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise StoreDamagedError("The database in the backup is damaged; use another backup.")
            wanted = database.execute("SELECT bytes_key, sha256 FROM photos WHERE bytes_gone_at IS NULL")
            return sum(hashes.get(key) != sha256 for key, sha256 in wanted)
    except sqlite3.Error:
        raise StoreDamagedError("The database in the backup is damaged; use another backup.") from None


def _keys(database: Path) -> set[str]:
    with _opened(database) as opened:
        return {key for (key,) in opened.execute("SELECT bytes_key FROM photos WHERE bytes_gone_at IS NULL")}


def _count(database: Path) -> int:
    with _opened(database) as opened:
        (count,) = opened.execute("SELECT count(*) FROM photos").fetchone()
    return int(count)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(file, timeout=30)) as database:
        yield database
