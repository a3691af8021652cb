"""Every answer to POST /api/photo, over real sockets, and what is kept after it."""

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from PIL import Image
from uploads import CORS, END, half_written, is_stored, kept, named, part, photo_part, sentence

from bridge.app import create_app
from bridge.medimage import Checks, Reception, UploadRefusedError, medimage_blueprint
from bridge.medimage.refusal_log import RefusalLog
from bridge.photos import Incoming, PhotoState, StoreFullError
from bridge.server import WebServer
from bridge.service import Service
from bridge_runner import GUID
from phone import BOUNDARY, ask, form, picture, post_photo, wait_until

FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
BROWSER = {"Origin": "http://127.0.0.1:18080"}
STRANGER = "ZZZZZZZZZZZZZZZZZZ"


def png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_stored_photo_is_answered_with_the_real_servers_text(bridge: Service) -> None:
    answer = post_photo(bridge.web.port, named("stored"), picture(1), BROWSER)
    assert is_stored(answer)
    assert kept(bridge, named("stored")) == [picture(1)]


def test_the_same_photo_sent_again_is_answered_alike_and_kept_once(bridge: Service) -> None:
    assert all(is_stored(post_photo(bridge.web.port, named("again"), picture(2))) for _ in range(3))
    assert kept(bridge, named("again")) == [picture(2)]
    assert half_written(bridge) == []


def test_another_photo_of_the_same_name_is_kept_beside_the_first(bridge: Service) -> None:
    for seed in (3, 4):
        assert is_stored(post_photo(bridge.web.port, named("twice"), picture(seed)))
    assert kept(bridge, named("twice")) == [picture(3), picture(4)]


def test_a_photo_that_fits_no_rule_is_taken_and_held_for_staff(bridge: Service) -> None:
    assert is_stored(post_photo(bridge.web.port, named("nobody-knows-what"), picture()))
    wait_until(lambda: bridge.store.photos_named(named("nobody-knows-what"))[0].state is PhotoState.HELD)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (f"#{STRANGER}-#123.jpg", "Please reconnect your app: this server does not know the clinic"),
        (f"#{GUID.lower()}-#123.jpg", "Please reconnect your app: this server does not know the clinic"),
        ("#123-headshot.jpg", "Please reconnect your app: this photo does not say which clinic"),
        ("photo.jpg", "Please reconnect your app: this photo does not say which clinic"),
        ("", "Please reconnect your app: this photo does not say which clinic"),
    ],
)
def test_a_phone_that_is_not_paired_is_asked_to_reconnect(bridge: Service, name: str, said: str) -> None:
    assert sentence(post_photo(bridge.web.port, name, picture(), BROWSER)).startswith(said)
    assert bridge.store.photos_named(name) == []
    assert half_written(bridge) == []


def test_where_unpaired_uploads_are_on_a_photo_without_a_guid_goes_to_the_chosen_practice(open_bridge: Service) -> None:
    assert is_stored(post_photo(open_bridge.web.port, "#123-unpaired.jpg", picture()))
    assert [photo.practice for photo in open_bridge.store.photos_named("#123-unpaired.jpg")] == ["clinic-b"]


def test_where_unpaired_uploads_are_on_an_unknown_guid_is_still_refused(open_bridge: Service) -> None:
    answer = post_photo(open_bridge.web.port, f"#{STRANGER}-#123.jpg", picture())
    assert "does not know the clinic" in sentence(answer)


@pytest.mark.parametrize(
    "through",
    ["8.8.8.8", "10.0.0.7, 8.8.8.8", "8.8.8.8, 10.0.0.7", "unknown", "2001:4860::8", "::ffff:8.8.8.8", "100.64.0.1"],
)
def test_unpaired_photos_from_outside_are_refused_also_when_a_web_proxy_brings_them(
    open_bridge: Service, through: str
) -> None:
    answer = post_photo(open_bridge.web.port, "#123-outside.jpg", picture(), {"X-Forwarded-For": through})
    assert "only from the clinic's own network" in sentence(answer)
    assert kept(open_bridge, "#123-outside.jpg") == []


@pytest.mark.parametrize("through", ["192.168.1.20, 10.0.0.7", "fd00::5", "fe80::1%eth0", "::ffff:172.16.3.4"])
def test_unpaired_photos_of_the_clinics_network_are_taken_through_a_web_proxy(
    open_bridge: Service, through: str
) -> None:
    answer = post_photo(open_bridge.web.port, "#123-inside.jpg", picture(), {"X-Forwarded-For": through})
    assert is_stored(answer)


def test_a_photo_of_exactly_the_largest_size_is_taken_and_one_byte_more_is_refused(open_bridge: Service) -> None:
    largest = picture().ljust(200_000, b"\0")
    assert is_stored(post_photo(open_bridge.web.port, named("largest"), largest))
    assert kept(open_bridge, named("largest")) == [largest]
    answer = post_photo(open_bridge.web.port, named("larger"), largest + b"\0")
    assert "larger than 195.3 KB" in sentence(answer)
    assert kept(open_bridge, named("larger")) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty (0 bytes)"),
        (b"\xff", "not known here, or damaged"),
        (b"MZ" + bytes(62), "not known here, or damaged"),
        (b'{"a": 1}', "of the kind JSON; this server takes bmp, dicom, gif, heic, jpeg"),
        (png(1001, 1000), "more than 1 megapixels"),
    ],
)
def test_a_file_that_is_no_usable_photo_is_refused_with_the_reason(
    open_bridge: Service, content: bytes, said: str
) -> None:
    assert said in sentence(post_photo(open_bridge.web.port, named("unusable"), content, BROWSER))
    assert kept(open_bridge, named("unusable")) == []
    assert half_written(open_bridge) == []


def test_the_most_pixels_allowed_are_taken(open_bridge: Service) -> None:
    assert is_stored(post_photo(open_bridge.web.port, named("megapixel"), png(1000, 1000)))


@pytest.mark.parametrize(
    ("headers", "body", "said"),
    [
        (FORM, END, "no photo in this upload"),
        (FORM, part('name="title"', b"arm") + END, "no photo in this upload"),
        (FORM, part('name="file1"', picture()) + END, "no photo in this upload"),
        (FORM, form(named("x"), picture(), field="file2"), "no photo in this upload"),
        (FORM, form(named("x"), picture(), field="FILE1"), "no photo in this upload"),
        (FORM, form(named("x"), picture()).replace(b"\r\n", b"\n"), "not in the form that a photo app sends"),
        ({"Content-Type": "image/jpeg"}, picture(), "not a photo upload (multipart/form-data is needed)"),
        ({"Content-Type": "multipart/form-data"}, form(named("x"), picture()), "not a photo upload"),
        ({"Content-Type": "multipart/form-data; boundary="}, form(named("x"), picture()), "not a photo upload"),
        ({"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}, form(named("x"), picture()), "not a photo upload"),
        ({"Content-Type": f"multipart/form-data; boundary={'b' * 300}"}, b"", "not a photo upload"),
        ({}, b"", "not a photo upload"),
    ],
)
def test_what_is_no_photo_upload_is_refused(bridge: Service, headers: dict[str, str], body: bytes, said: str) -> None:
    assert said in sentence(ask(bridge.web.port, "POST", "/api/photo", body, headers | BROWSER))


CUT_FORMS = [
    form(named("cut"), picture())[:-8],
    form(named("cut"), picture())[:-200],
    form(named("cut"), picture())[:60],
    form(named("cut"), picture(), boundary="another"),
    b"",
]


@pytest.mark.parametrize("body", CUT_FORMS)
def test_an_upload_without_its_end_is_not_stored_and_browsers_are_told_by_500(bridge: Service, body: bytes) -> None:
    to_browsers = ask(bridge.web.port, "POST", "/api/photo", body, FORM | BROWSER)
    assert "still on the phone, send it again" in sentence(to_browsers, 500)
    to_others = ask(bridge.web.port, "POST", "/api/photo", body, FORM)
    assert "still on the phone, send it again" in sentence(to_others, 206)
    assert kept(bridge, named("cut")) == []
    assert half_written(bridge) == []


class FailingStore:
    """A store in which something fails; the rest is a real one's."""

    def __init__(self, bridge: Service, incoming: Callable[[], Incoming] | None = None, **failing: object) -> None:
        self._store = bridge.store
        self._failing = failing | ({"incoming": incoming} if incoming else {})

    def __getattr__(self, name: str) -> object:
        return self._failing.get(name) or getattr(self._store, name)


@contextmanager
def door_over(bridge: Service, store: FailingStore) -> Iterator[int]:
    """A web server of its own over a store, as (its port)."""
    reception = Reception(store, bridge.config.uploads, lambda _practice: None)
    web = WebServer(
        create_app([medimage_blueprint(reception, Checks(reception.store, None))]),
        replace(bridge.config.server, port=0, threads=4),
    )
    web.start()
    try:
        yield web.port
    finally:
        web.stop()


def fail_full(*_arguments: object) -> None:
    raise StoreFullError


def fail_oddly(*_arguments: object) -> None:
    raise RuntimeError("in the middle of #123-secret-name")


@pytest.mark.parametrize("where", ["incoming", "add", "practice_of_guid"])
def test_a_full_disk_is_500_to_browsers_and_206_to_others(bridge: Service, where: str) -> None:
    with door_over(bridge, FailingStore(bridge, **{where: fail_full})) as port:
        for headers, status in ((BROWSER, 500), ({}, 206)):
            answer = post_photo(port, named("full"), picture(), headers)
            assert "it is safe on your phone" in sentence(answer, status)
    assert kept(bridge, named("full")) == []
    assert half_written(bridge) == []


def test_a_disk_that_fills_while_a_photo_is_written_leaves_nothing(bridge: Service) -> None:
    incoming = bridge.store.incoming()
    incoming.write = fail_full
    with door_over(bridge, FailingStore(bridge, lambda: incoming)) as port:
        assert post_photo(port, named("filling"), picture(), BROWSER).status == 500
    assert half_written(bridge) == []


def test_a_photo_folder_that_is_gone_is_500_until_it_is_back(bridge: Service) -> None:
    folder = next(bridge.config.data_folder.glob("**/incoming"))
    away = folder.rename(folder.with_name("away"))
    try:
        answer = post_photo(bridge.web.port, named("no-folder"), picture(), BROWSER)
    finally:
        away.rename(folder)
    assert "it is safe on your phone" in sentence(answer, 500)
    assert is_stored(post_photo(bridge.web.port, named("no-folder"), picture(), BROWSER))


def test_a_failure_of_the_bridge_itself_is_an_answer_too_and_its_words_are_in_no_log(
    bridge: Service, caplog: pytest.LogCaptureFixture
) -> None:
    with door_over(bridge, FailingStore(bridge, add=fail_oddly)) as port, caplog.at_level(logging.DEBUG):
        answer = post_photo(port, named("odd"), picture(), BROWSER)
    assert sentence(answer, 500).startswith("The bridge failed on this request")
    assert [record.getMessage() for record in caplog.records if "failed" in record.getMessage()] == [
        "event=request-failed"
    ]
    assert half_written(bridge) == []


def test_uploads_are_logged_without_their_names(bridge: Service, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        post_photo(bridge.web.port, named("#123-Perez"), picture())
        post_photo(bridge.web.port, named("#123-Perez-2"), b"no picture")
        ask(bridge.web.port, "GET", "/check=123-Perez")
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("bridge.medimage")]
    assert [line.split()[0] for line in lines] == ["event=received", "event=upload-not-taken"]
    assert not [line for line in lines if "Perez" in line or GUID in line]
    assert " practice=clinic-a status=400 " in lines[1]


def test_strangers_cannot_fill_the_log(bridge: Service, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for number in range(20):
            assert ask(bridge.web.port, "POST", "/api/photo", b"").status == 400
            assert post_photo(bridge.web.port, f"#{STRANGER}-{number}.jpg", picture()).status == 400
    lines = [record.getMessage() for record in caplog.records if "upload-not-taken" in record.getMessage()]
    assert len(lines) <= 1
    assert not [line for line in lines if STRANGER in line]


def test_refusals_of_strangers_are_one_line_a_minute_with_their_number(caplog: pytest.LogCaptureFixture) -> None:
    seconds = 0.0
    refusals = RefusalLog(lambda: seconds)
    with caplog.at_level(logging.INFO):
        for number in range(700):
            seconds = number * 0.1
            refusals.add(UploadRefusedError("No."), 400)
        known = UploadRefusedError("No.")
        known.practice = "clinic-a"
        refusals.add(known, 400)
    assert [record.getMessage() for record in caplog.records if record.name.startswith("bridge.")] == [
        "event=upload-not-taken uploads=1 status=400 answer='No.'",
        "event=upload-not-taken uploads=600 status=400 answer='No.'",
        "event=upload-not-taken practice=clinic-a status=400 answer='No.'",
    ]


def test_two_photos_in_one_upload_are_one_photo_the_first(bridge: Service) -> None:
    body = photo_part(named("one"), picture(1)) + photo_part(named("two"), picture(2)) + END
    assert is_stored(ask(bridge.web.port, "POST", "/api/photo", body, FORM))
    assert kept(bridge, named("one")) == [picture(1)]
    assert kept(bridge, named("two")) == []


def test_the_start_page_is_readable_by_browsers_that_look_for_a_server(bridge: Service) -> None:
    for target in ("/", "/?x=1"):
        answer = ask(bridge.web.port, "GET", target, headers=BROWSER)
        assert answer.status == 200
        assert answer.body
        assert answer.headers.items() >= CORS.items()


@pytest.mark.parametrize("target", ["/api/photo", "/", "/check=x.jpg", "*", "/anything"])
def test_browsers_may_ask_first_what_is_allowed(bridge: Service, target: str) -> None:
    headers = BROWSER | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-a"}
    answer = ask(bridge.web.port, "OPTIONS", target, headers=headers)
    assert (answer.status, answer.body) == (200, b"")
    assert (answer.headers.items() >= CORS.items()) is (target != "/anything")
