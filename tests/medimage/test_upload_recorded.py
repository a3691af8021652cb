"""Every recorded exchange with the photo API of a real MedImage server, sent to the bridge: it is answered alike, or it
stands here, in the list of what the bridge does otherwise on purpose.
"""

from dataclasses import dataclass

import pytest
from recorded_uploads import Exchange, recorded_uploads

from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge_runner import make_config, running_bridge
from phone import Answer

UNPAIRED = "allow_unpaired: true, unpaired_practice: clinic-b"


@dataclass(frozen=True)
class Difference:
    """Exchanges that the bridge answers otherwise, with which status, and why."""

    why: str
    status: int
    names: tuple[str, ...]


DELIBERATE = (
    Difference(
        "The same refusal, without the file name in it: that is patient data; and as text, not as JSON.",
        400,
        (
            "filename: plain name, no hash",
            "filename: tags but no hash",
            "filename: spaces in plain name",
            "hash length 1",
            "hash length 8",
            "hash length 14",
            "hash length 15",
            "hash length 21",
            "hash length 32",
            "hash with punctuation removed to 16",
            "tag first then hash (first tag wrong length)",
            "tag with backslash",
            "backslash inside name",
            "percent encoded filename",
            "empty filename",
            "filename of one dot",
            "filename only .jpg",
        ),
    ),
    Difference(
        "The same refusal, with the reason: the real server says nothing.",
        400,
        (
            "single quoted filename",
            "wrong field name file2",
            "wrong field name FILE1",
            "field name file1[]",
            "no parts at all",
            "only a text field",
            "file1 as text field (no filename)",
            "empty file .json",
            "empty file .txt",
            "type: text as .txt",
            "type: text without extension",
            "type: JSON array",
            "type: JSON named .txt",
            "type: JSON named .JSON",
            "type: Windows EXE as .exe",
            "type: Windows EXE named .jpg",
            "type: ELF as .bin",
            "type: ZIP as .zip",
            "type: SVG as .svg",
            "type: random bytes named .bin",
            "type: extension only of 3 letter .html",
        ),
    ),
    Difference(
        "Only practices of the config are served: nobody would ever look into another one's folder.",
        400,
        (
            "hash length 16",
            "hash length 17",
            "hash length 19",
            "hash length 20",
            "hash with underscore and dot",
            "PC mode, own id equals the hash: other hash kept",
        ),
    ),
    Difference(
        "Spaces part words as hyphens do, so the hash is found.",
        200,
        ("filename: spaces instead of hyphens after hash",),
    ),
    Difference(
        "No name is too long or too odd to be stored, for none becomes a path.",
        200,
        (
            "dot slash dot tag",
            "dot space dot tag twice",
            "long name 252 (256 with .jpg)",
            "long tag 256",
            "long name 5000",
        ),
    ),
    Difference(
        "`filename*` is not for forms (RFC 7578, 4.2); a part without a `filename` is no file, and stops no server.",
        400,
        ("filename* utf-8", "crash: filename* with malformed percent escape"),
    ),
    Difference(
        "More kinds of pictures are taken: the bridge makes of them what the chart can show.",
        200,
        (
            "type: PNG as .png",
            "type: PNG bytes named .jpg",
            "type: GIF as .gif",
            "type: WEBP as .webp",
            "type: M4V",
            "PC mode, no backup folder: png",
        ),
    ),
    Difference(
        "Text and JSON are no pictures; `uploads.allowed_types` can let them in.",
        400,
        (
            "type: text named .jpg",
            "type: text named .pdf",
            "type: text named .heic",
            "type: CSV utf-8",
            "type: JSON object",
            "type: JSON with leading white space",
            "type: JSON object non-ascii",
            "type: JSON named .jpg",
            "type: SVG/HTML named .csv",
        ),
    ),
    Difference(
        "Bytes that are no known file are refused, whatever their name; the real server stores them, damaged.",
        400,
        (
            "empty file .jpg",
            "one byte file .jpg",
            "type: ELF named .jpg",
            "type: random bytes named .jpg",
            "type: random bytes named .heic",
        ),
    ),
    Difference(
        "The limits are larger, and count the photo alone.",
        200,
        (
            "size: 16777217 bytes (limit is 16777216)",
            "size: 17777216 bytes (limit is 16777216)",
            "size: two files of 9 MB each (limit counts all files)",
            "size: 3 MB text field (field limit 2 MB)",
            "size: 1001 text fields",
        ),
    ),
    Difference(
        "What sending again cannot mend is 400: after 206 the app deletes its copy.",
        400,
        (
            "size: 41943040 bytes (limit is 16777216)",
            "LF-only line ends in the multipart body",
            "content-type: multipart without boundary",
            "content-type: application/json",
            "content-type: image/jpeg raw body",
            "content-type: urlencoded",
            "content-type: multipart/mixed",
            "content-type: none",
        ),
    ),
    Difference(
        "A body that was cut short is always answered the same way, in words instead of JSON.",
        206,
        (
            "truncated: no closing boundary, content-length matches what was sent",
            "truncated: content-length larger than sent, client closes the sending side",
            "truncated: content-length shorter than the body",
            "boundary in header does not match body",
            "empty body, content-length 0",
        ),
    ),
    Difference(
        "Other ways to write the address mean the same one.",
        200,
        (
            "target /api/photo?x=1",
            "target //api/photo",
            "target absolute form",
            "POST to /api/photo with 1.2 MB body and trailing query (not the upload route)",
        ),
    ),
    Difference(
        "Every address gets an answer: there is nothing here.", 404, ("target /api/photo/", "target /API/PHOTO")
    ),
    Difference(
        "Every method gets an answer: this address takes POST alone.",
        405,
        ("PUT /api/photo", "GET /api/photo", "HEAD /api/photo"),
    ),
)

CLIENT_GOES_AWAY = {
    "truncated: content-length larger than sent, client stops sending but keeps the connection open",
    "truncated: client drops the connection in the middle of the file",
    "truncated: client drops the connection 1 MB into a 2 MB file",
}
"""Nobody is there to read an answer; test_upload_wire.py and test_upload_load.py show what happens instead."""

Replayed = dict[str, tuple[Exchange, Answer]]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory, bridge: Service, chart: SandboxServer) -> Replayed:
    """Each exchange by name, with the bridge's answer."""
    config = make_config(tmp_path_factory.mktemp("pc"), chart.url, uploads=UNPAIRED)
    exchanges = [exchange for exchange in recorded_uploads() if exchange.name not in CLIENT_GOES_AWAY]
    with running_bridge(config) as pc:
        return {each.name: (each, each.sent_to((pc if each.to_pc else bridge).web.port)) for each in exchanges}


def is_alike(exchange: Exchange, answer: Answer) -> bool:
    return (exchange.status, exchange.body) == (answer.status, answer.body.decode())


def test_every_recorded_upload_is_answered_alike_or_stands_in_the_list(replayed: Replayed) -> None:
    listed = {name for difference in DELIBERATE for name in difference.names}
    assert len(replayed) > 200
    assert {name for name, (exchange, answer) in replayed.items() if not is_alike(exchange, answer)} == listed


@pytest.mark.parametrize("difference", DELIBERATE, ids=lambda difference: difference.why[:40])
def test_what_is_done_otherwise_is_done_in_this_way(replayed: Replayed, difference: Difference) -> None:
    assert {name: replayed[name][1].status for name in difference.names} == dict.fromkeys(
        difference.names, difference.status
    )


def test_no_refusal_holds_a_part_of_the_name_that_was_sent(replayed: Replayed) -> None:
    for exchange, answer in replayed.values():
        if answer.status >= 300 and answer.body:
            assert answer.body.endswith(b".\n"), exchange.name
            assert not [word for word in (b"photo.jpg", b"NHID", b"arm", b"uPSE4") if word in answer.body], (
                exchange.name
            )
