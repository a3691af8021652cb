"""A proxy that cuts, hangs, errs and lies: nothing that it called a file is lost, and no error becomes a photo."""

import io
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from medimage_proxy import GUID, LAST_CHUNK, Fault, MedImageProxy, chunk, head, scripted
from PIL import Image
from proxy_readers import UPLOADS, by_name, open_store, poll_until, reader_of

from bridge.holds import HoldReason
from bridge.photos import Photo, PhotoState, SqliteStore
from phone import picture

FILE_NAME = f"file-name: /{GUID}/NHI1/a.jpg"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
CUTS = [Fault.CUT, Fault.BREAK, Fault.RESET, Fault.STALL]
REFUSALS = [Fault.HANG, Fault.DROP, Fault.ERROR, Fault.MISSING, Fault.NONE]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def proxy() -> Iterator[MedImageProxy]:
    with MedImageProxy() as running:
        yield running


def read(store: SqliteStore, folder: Path, body: bytes, *fields: str, name: str = FILE_NAME) -> Photo | None:
    """What one poll makes of a proxy that names a file and answers the GET with these bytes, then closes."""
    heads = iter([name])

    def serve(sock: socket.socket, request: str) -> None:
        if request.startswith("HEAD"):
            sock.sendall(head(200, *heads))
        else:
            sock.sendall(head(200, *(fields or (name,)), chunked=False) + body)

    with scripted(serve) as server:
        reader_of(f"http://127.0.0.1:{server.port}/read/{GUID}", store, folder).poll()
    return next(iter(store.photos()), None)


@pytest.mark.parametrize("fault", CUTS)
def test_a_file_that_is_cut_is_held_with_the_bytes_that_came(
    fault: Fault, proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    proxy.put("NHI1/a.jpg", picture(1), fault)
    proxy.put("NHI2/b.jpg", picture(2))
    poll_until(reader_of(proxy.url, store, tmp_path), lambda: len(store.photos()) == 2)
    photos = by_name(store)
    (cut,), (whole,) = photos["#NHI1-a.jpg"], photos["#NHI2-b.jpg"]
    assert (cut.state, cut.hold_reason) == (PhotoState.HELD, HoldReason.CUT_TRANSFER)
    assert "send the photo again or take a new one" in (cut.hold_sentence or "")
    assert picture(1).startswith(store.bytes_of(cut))
    assert cut.size_bytes == len(proxy.cut["NHI1/a.jpg"]) or fault is Fault.RESET
    assert whole.state is PhotoState.QUEUED


def test_a_file_that_was_cut_and_is_still_there_is_read_again(
    proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    reader = reader_of(proxy.url, store, tmp_path)
    proxy.put("a.jpg", picture(1), Fault.CUT)
    reader.poll()
    proxy.put("a.jpg", picture(1))
    reader.poll()
    assert [photo.state for photo in by_name(store)["a.jpg"]] == [PhotoState.HELD, PhotoState.QUEUED]


@pytest.mark.parametrize("fault", REFUSALS)
def test_an_answer_without_a_file_is_no_photo_and_the_file_is_read_later(
    fault: Fault, proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    proxy.put("a.jpg", picture(1), fault)
    reader = reader_of(proxy.url, store, tmp_path)
    reader.poll()
    assert store.photos() == []
    assert (reader.trouble is None) == (fault is Fault.NONE)
    poll_until(reader, lambda: len(store.photos()) == 1)
    assert store.bytes_of(store.photos()[0]) == picture(1)
    assert reader.trouble is None


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.DROP, Fault.ERROR, Fault.MISSING])
def test_a_failing_head_is_asked_again_and_no_file_is_lost(
    fault: Fault, proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    proxy.head_faults[:] = [fault] * 2
    proxy.put("a.jpg", picture(1))
    reader = reader_of(proxy.url, store, tmp_path)
    reader.poll()
    assert reader.trouble is not None
    assert proxy.count("GET") == 0
    poll_until(reader, lambda: len(store.photos()) == 1)


@pytest.mark.parametrize("body", [b'{"error": "disk"}', b"<html><h1>Sign in</h1></html>", b"none", b"", b"\x80" * 200])
def test_what_is_no_picture_under_a_pictures_name_is_held(body: bytes, store: SqliteStore, tmp_path: Path) -> None:
    photo = read(store, tmp_path, body)
    assert photo is not None
    assert (photo.state, photo.hold_reason) == (PhotoState.HELD, HoldReason.CUT_TRANSFER)
    assert store.bytes_of(photo) == body


@pytest.mark.parametrize("body", [b'{"error": "disk"}', b"<html><h1>Sign in</h1></html>", b"none", b""])
def test_an_answer_without_a_name_is_no_photo(body: bytes, store: SqliteStore, tmp_path: Path) -> None:
    assert read(store, tmp_path, body, "content-type: text/html") is None


def test_a_picture_that_came_without_its_name_is_held_because_it_may_be_another_patients(
    store: SqliteStore, tmp_path: Path
) -> None:
    photo = read(store, tmp_path, picture(1), "content-type: image/jpeg")
    assert photo is not None
    assert (photo.state, photo.name) == (PhotoState.HELD, f"#{GUID}-#NHI1-a.jpg")
    assert "another patient" in (photo.hold_sentence or "")


def test_a_photo_of_another_practice_is_held_under_the_practice_that_is_read_for(
    store: SqliteStore, tmp_path: Path
) -> None:
    photo = read(store, tmp_path, picture(1), name="file-name: /ABCDEFGHIJKLMNOPQR/NHI1/a.jpg")
    assert photo is not None
    assert (photo.practice, photo.hold_reason) == ("clinic-a", HoldReason.NO_PRACTICE)
    assert photo.name == f"#{GUID}-#ABCDEFGHIJKLMNOPQR-#NHI1-a.jpg"


def test_a_whole_picture_counts_whatever_the_answer_lacks_at_its_end(store: SqliteStore, tmp_path: Path) -> None:
    photo = read(store, tmp_path, chunk(picture(1)), FILE_NAME, "Transfer-Encoding: chunked")
    assert photo is not None
    assert photo.state is PhotoState.QUEUED
    assert store.bytes_of(photo) == picture(1)


@pytest.mark.parametrize(
    ("body", "fields", "state"),
    [
        (PDF, [], PhotoState.QUEUED),
        (PDF[:20], [], PhotoState.HELD),
        (PDF, ["Content-Length: 500"], PhotoState.HELD),
        (chunk(PDF) + LAST_CHUNK, ["Transfer-Encoding: chunked"], PhotoState.QUEUED),
        (chunk(PDF), ["Transfer-Encoding: chunked"], PhotoState.HELD),
    ],
    ids=["whole", "cut with a clean end", "shorter than its length", "chunks", "chunks without the last"],
)
def test_a_document_is_whole_when_its_answer_and_its_own_end_are(
    body: bytes, fields: list[str], state: PhotoState, store: SqliteStore, tmp_path: Path
) -> None:
    name = f"file-name: /{GUID}/report.pdf"
    photo = read(store, tmp_path, body, name, *fields, name=name)
    assert photo is not None
    assert (photo.state, photo.media_type) == (state, "application/pdf")
    assert photo.hold_reason is (None if state is PhotoState.QUEUED else HoldReason.CUT_TRANSFER)


def test_a_kind_that_phones_may_not_send_is_held_and_not_lost(store: SqliteStore, tmp_path: Path) -> None:
    name = f"file-name: /{GUID}/table.csv"
    photo = read(store, tmp_path, b"a,b\n1,2\n", name, name=name)
    assert photo is not None
    assert (photo.hold_reason, store.bytes_of(photo)) == (HoldReason.NOT_A_PICTURE, b"a,b\n1,2\n")


def test_a_file_over_the_upload_limit_is_held_whole(store: SqliteStore, tmp_path: Path) -> None:
    body = picture(1).ljust(UPLOADS.max_upload_bytes + 1, b"\0")
    photo = read(store, tmp_path, body)
    assert photo is not None
    assert (photo.hold_reason, photo.size_bytes) == (HoldReason.TOO_LARGE, len(body))


def test_of_a_file_that_never_ends_the_beginning_is_held(store: SqliteStore, tmp_path: Path) -> None:
    photo = read(store, tmp_path, picture(1).ljust(10 * UPLOADS.max_upload_bytes, b"\0"))
    assert photo is not None
    assert (photo.hold_reason, photo.size_bytes) == (HoldReason.CUT_TRANSFER, 4 * UPLOADS.max_upload_bytes)


def test_a_picture_with_too_many_pixels_is_held_as_too_large(store: SqliteStore, tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.new("L", (2000, 1000)).save(stream, "JPEG")
    photo = read(store, tmp_path, stream.getvalue())
    assert photo is not None
    assert photo.hold_reason is HoldReason.TOO_LARGE


def test_a_folder_that_blocks_its_bucket_is_told_as_trouble(store: SqliteStore, tmp_path: Path) -> None:
    def serve(sock: socket.socket, request: str) -> None:
        if request.startswith("HEAD"):
            sock.sendall(head(200, f"file-name: /{GUID}/folder.jpg"))
        else:
            sock.recv(1)

    with scripted(serve) as server:
        reader = reader_of(f"http://127.0.0.1:{server.port}/read/{GUID}", store, tmp_path)
        reader.poll()
    assert "127.0.0.1 does not answer" in (reader.trouble or "")


@pytest.mark.parametrize("drips", ["head", "body"])
def test_a_proxy_that_drips_is_cut_off_and_what_came_is_kept(drips: str, store: SqliteStore, tmp_path: Path) -> None:
    def drip(sock: socket.socket, data: bytes) -> None:
        for byte in data:
            sock.sendall(bytes((byte,)))
            time.sleep(0.05)

    def serve(sock: socket.socket, request: str) -> None:
        if request.startswith("HEAD"):
            sock.sendall(head(200, FILE_NAME))
        elif drips == "head":
            drip(sock, b"HTTP/1.1 200 OK\r\nx: " + b"x" * 200)
        else:
            sock.sendall(head(200, FILE_NAME, "content-length: 9000", chunked=False))
            drip(sock, picture(1)[:200])

    started = time.monotonic()
    with scripted(serve) as server:
        url = f"http://127.0.0.1:{server.port}/read/{GUID}"
        reader_of(url, store, tmp_path, transfer_seconds=0.5, settle_seconds=0.1).poll()
        assert time.monotonic() - started < 8
    kept = [store.bytes_of(photo) for photo in store.photos()]
    assert len(kept) == (drips == "body")
    assert all(len(content) > 3 and picture(1).startswith(content) for content in kept)
