"""The app's whole conversation with a bridge, in browser terms: root, preflight, upload, polling of `/check=`.

Each ends with the same question: does the phone keep its copy exactly when the chart has not got the photo?
"""

import base64
import io
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from browser_app import BrowserApp, Server
from medimage_proxy import Connections
from PIL import Image

from bridge.holds import HoldReason
from bridge.photos import Photo, PhotoState
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.service import Service
from bridge.settings import Config
from bridge.targets import ChartTarget, ImageType
from bridge_runner import GUID, OTHER_GUID, make_config, running_bridge
from cli.cli_runs import started
from phone import ask, picture, wait_until
from ports import free_port

UNKNOWN_GUID = "ZY6hytadcr9pRnhqyB"
LONG = 3200.0
"""App seconds in which it asks for a photo as often as it ever does."""

SOME = 200.0
"""App seconds for about fifteen checks."""


@pytest.fixture
def chart(tmp_path: Path) -> Iterator[SandboxServer]:
    with SandboxServer(database=tmp_path / "chart.db") as server:
        yield server


@pytest.fixture
def config(tmp_path: Path, chart: SandboxServer) -> Config:
    return make_config(tmp_path, chart.url, uploads="allow_unpaired: false, max_upload_bytes: 200000")


@pytest.fixture
def bridge(config: Config) -> Iterator[Service]:
    with running_bridge(config) as service:
        yield service


@pytest.fixture
def app(config: Config) -> Iterator[BrowserApp]:
    with paired(config.server.port) as phone:
        yield phone


def paired(port: int, guid: str = GUID) -> BrowserApp:
    """A phone paired with a practice of the bridge."""
    return BrowserApp([Server(port, guid)])


def number_of(content: bytes) -> int:
    """Which of `phone.picture`'s this is, as anybody can see who looks at it."""
    with Image.open(io.BytesIO(content)) as image:
        seen = image.convert("L").resize((8, 6), Image.Resampling.BOX).tobytes()
    return sum((shade > 127) << bit for bit, shade in enumerate(seen))


def in_chart(chart: SandboxServer) -> Counter[int]:
    """The pictures in the chart, and how often each is there."""
    return Counter(number_of(base64.b64decode(image.data)) for image in chart.images())


def assert_ends(app: BrowserApp, chart: SandboxServer, *, kept: list[int], filed: list[int]) -> None:
    """What the phone still has and what the chart has, once each."""
    assert sorted(number_of(copy.content) for copy in app.copies) == kept
    assert in_chart(chart) == Counter(filed)


def held(bridge: Service) -> Photo:
    """The one photo, once it is held."""
    wait_until(lambda: bridge.store.counts()[PhotoState.HELD] == 1)
    return bridge.store.photos(states=[PhotoState.HELD])[0]


def test_the_pictures_can_be_told_apart() -> None:
    assert [number_of(picture(number)) for number in range(64)] == list(range(64))


@pytest.mark.parametrize("typed", ["123 headshot", "#123 #Headshot", "123/radiografía", 'x";y 5 xray', "audición 3"])
def test_a_photo_that_can_be_filed_is_in_the_chart_before_the_phone_forgets_it(
    bridge: Service, chart: SandboxServer, app: BrowserApp, typed: str
) -> None:
    app.take(typed, picture(1))
    app.run(1)
    assert [copy.is_on_server for copy in app.copies] == [True]
    app.run(LONG)
    assert_ends(app, chart, kept=[], filed=[1])


def test_a_held_photo_stays_on_the_phone_until_a_person_discards_it(
    bridge: Service, chart: SandboxServer, app: BrowserApp
) -> None:
    app.take("99999 headshot", picture(1))
    app.run(1)
    photo = held(bridge)
    app.run(SOME)
    app.reopen()
    app.run(SOME)
    assert photo.hold_reason is HoldReason.UNKNOWN_PATIENT
    assert_ends(app, chart, kept=[1], filed=[])
    bridge.store.discard(photo.id, "a nurse", "not a patient")
    app.run(LONG)
    assert_ends(app, chart, kept=[], filed=[])


def test_a_held_photo_that_a_person_assigns_leaves_the_phone_when_it_is_in_the_chart(
    bridge: Service, chart: SandboxServer, app: BrowserApp
) -> None:
    app.take("headshot", picture(1))
    app.run(1)
    photo = held(bridge)
    app.run(SOME)
    assert_ends(app, chart, kept=[1], filed=[])
    bridge.store.assign(photo.id, ChartTarget(4, ImageType.HEADSHOT), "a nurse")
    bridge.deliverer.wake()
    app.run(LONG)
    assert_ends(app, chart, kept=[], filed=[1])
    assert chart.images()[0].patient == 4


@pytest.mark.parametrize(
    ("content", "guid", "words"),
    [
        (picture(1), UNKNOWN_GUID, "Please reconnect your app"),
        (picture(1), None, "Please reconnect your app"),
        (bytes(range(1, 99)), GUID, "of a kind that is not known here"),
        (picture(1) + bytes(200_000), GUID, "larger than"),
        (b"", GUID, "empty (0 bytes)"),
    ],
    ids=["unknown guid", "no guid", "wrong type", "too large", "empty"],
)
def test_a_refused_photo_stays_on_the_phone_however_often_it_is_sent(
    bridge: Service, chart: SandboxServer, app: BrowserApp, content: bytes, guid: str | None, words: str
) -> None:
    app.servers = [Server(bridge.web.port, guid)]
    app.take("5 xray", content)
    app.run(SOME)
    app.reopen()
    app.run(SOME)
    assert [copy.content for copy in app.copies] == [content]
    assert [error[:4] for error in app.errors] == ["400 ", "400 "]
    assert words in app.errors[0]
    assert sum(bridge.store.counts().values()) == 0
    assert in_chart(chart) == Counter()


def test_a_phone_of_an_unknown_practice_sends_its_photos_once_it_is_paired_anew(
    bridge: Service, chart: SandboxServer, app: BrowserApp
) -> None:
    app.servers = [Server(bridge.web.port, UNKNOWN_GUID)]
    app.take("5 xray", picture(1))
    app.run(SOME)
    assert_ends(app, chart, kept=[1], filed=[])
    app.servers = [Server(bridge.web.port, OTHER_GUID)]
    app.reopen()
    app.run(LONG)
    assert_ends(app, chart, kept=[], filed=[1])
    assert {photo.practice for photo in bridge.store.photos()} == {"clinic-b"}


@pytest.mark.parametrize("away", ["photos/incoming", "photos"])
@pytest.mark.parametrize("is_wifi", [False, True], ids=["paired", "Wi-Fi"])
def test_a_photo_that_cannot_be_stored_stays_on_the_phone_and_goes_through_when_it_can(
    bridge: Service, chart: SandboxServer, app: BrowserApp, away: str, is_wifi: bool
) -> None:
    app.servers = [Server(bridge.web.port, GUID, is_wifi)]
    folder = bridge.config.data_folder / away
    folder.rename(folder.with_name("away"))
    app.take("5 xray", picture(1))
    app.run(SOME)
    assert app.errors == [
        "500 The server could not store this photo; it is safe on your phone. Tell the clinic's admin.\n"
    ]
    assert_ends(app, chart, kept=[1], filed=[])
    folder.with_name("away").rename(folder)
    app.reopen()
    app.run(LONG)
    wait_until(lambda: bool(chart.images()))
    assert_ends(app, chart, kept=[], filed=[1])


def test_bytes_that_cannot_be_kept_stay_on_the_phone(bridge: Service, chart: SandboxServer, app: BrowserApp) -> None:
    drawers = sorted((bridge.config.data_folder / "photos").glob("[0-9a-f]"))
    for drawer in drawers:
        drawer.rmdir()
        drawer.write_text("a file where a folder should be")
    app.take("5 xray", picture(1))
    app.run(SOME)
    assert app.errors[0].startswith("500 ")
    assert_ends(app, chart, kept=[1], filed=[])
    for drawer in drawers:
        drawer.unlink()
        drawer.mkdir()
    app.reopen()
    app.run(LONG)
    assert_ends(app, chart, kept=[], filed=[1])


def test_a_photo_waits_on_the_phone_while_the_chart_is_down(
    bridge: Service, chart: SandboxServer, app: BrowserApp
) -> None:
    chart.stop()
    app.take("5 xray", picture(1))
    app.take("6 xray", picture(2))
    app.run(SOME)
    assert [copy.is_on_server for copy in app.copies] == [True, True]
    chart.start()
    app.run(LONG)
    assert_ends(app, chart, kept=[], filed=[1, 2])


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.CUT_AFTER_STORING, "POST", "image", 1),
        Fault(FaultKind.CUT_BEFORE_STORING, "POST", "image", 1),
        Fault(FaultKind.CUT_ANSWER, "POST", "image", 1),
        Fault(FaultKind.CUT_ANSWER, "GET", "image", 1),
        Fault(FaultKind.STATUS, "POST", "image", 1, status=502),
        Fault(FaultKind.PORTAL_PAGE, times=2),
    ],
    ids=lambda fault: f"{fault.kind} {fault.method or ''}",
)
def test_whatever_the_chart_does_the_phone_forgets_a_photo_that_is_there_once(
    bridge: Service, chart: SandboxServer, app: BrowserApp, fault: Fault
) -> None:
    chart.faults.add(fault)
    app.take("5 xray", picture(1))
    app.run(LONG)
    assert chart.faults.active() == ()
    assert_ends(app, chart, kept=[], filed=[1])


def test_a_photo_that_the_chart_altered_stays_on_the_phone(
    bridge: Service, chart: SandboxServer, app: BrowserApp
) -> None:
    chart.faults.add(Fault(FaultKind.ALTERED_DATA, "GET", "image"))
    app.take("5 xray", picture(1))
    app.run(SOME)
    assert [number_of(copy.content) for copy in app.copies] == [1]


@pytest.mark.parametrize("when", [0.0, 0.15], ids=["before it is sent", "while it is sent"])
def test_a_bridge_killed_after_its_answer_files_the_photo_when_it_is_started_again(
    config: Config, chart: SandboxServer, app: BrowserApp, when: float
) -> None:
    chart.faults.add(Fault(FaultKind.SLOW_READ, "POST", "image", 1, delay_seconds=0.5))
    app.patience = 5
    with started("--config", config.file, "serve") as process:
        wait_until(lambda: answers(config.server.port))
        app.take("5 xray", picture(1))
        app.run(0.1)
        assert [copy.is_on_server for copy in app.copies] == [True]
        threading.Event().wait(when)
        process.kill()
    app.run(100)
    assert [number_of(copy.content) for copy in app.copies] == [1]
    with running_bridge(config):
        app.run(LONG)
        assert_ends(app, chart, kept=[], filed=[1])


def answers(port: int) -> bool:
    """Whether there is a server at a port."""
    try:
        return ask(port, "GET", "/").status == 200
    except OSError:
        return False


class LosingRelay:
    """Stands between phone and bridge, and swallows the first answers to uploads."""

    def __init__(self, port: int, losses: int) -> None:
        self.uploads = 0
        self._losses = losses
        self._bridge_port = port
        self._connections = Connections(self._relay)
        self.port = self._connections.port
        self.stop = self._connections.stop

    def _relay(self, phone: socket.socket) -> None:
        bridge = socket.create_connection(("127.0.0.1", self._bridge_port), timeout=10)
        with bridge, phone.makefile("rb") as asked, bridge.makefile("rb") as answered:
            while request := message(asked):
                is_upload = request.startswith(b"POST ")
                self.uploads += is_upload
                bridge.sendall(request)
                answer = message(answered)
                if is_upload and self.uploads <= self._losses:
                    return
                phone.sendall(answer)


def message(lines: BinaryIO) -> bytes:
    """One request or answer with its body, or nothing at the end of the connection."""
    head = lines.readline()
    while head and not head.endswith(b"\r\n\r\n"):
        head += lines.readline()
    length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
    return head + lines.read(int(length[1]) if length else 0)


@pytest.mark.parametrize("losses", [1, 2, 3])
def test_a_photo_sent_again_because_the_answer_was_lost_is_in_the_chart_once(
    bridge: Service, chart: SandboxServer, app: BrowserApp, losses: int
) -> None:
    relay = LosingRelay(bridge.web.port, losses)
    try:
        app.servers = [Server(relay.port, GUID)]
        app.take("5 xray", picture(1))
        app.run(SOME)
        assert len(app.copies) == (0 if losses == 1 else 1)
        for _ in range(losses - 1):
            app.reopen()
            app.run(LONG)
    finally:
        relay.stop(crash=True)
    assert relay.uploads == losses + 1
    assert_ends(app, chart, kept=[], filed=[1])


def test_of_two_photos_with_one_name_neither_is_forgotten_for_the_others_sake(
    bridge: Service, chart: SandboxServer, app: BrowserApp
) -> None:
    app.take("5 xray", picture(1))
    app.run(LONG)
    assert_ends(app, chart, kept=[], filed=[1])
    chart.stop()
    app.take("5 xray", picture(2))
    app.take("5 xray", picture(3))
    app.run(SOME)
    assert sorted(number_of(copy.content) for copy in app.copies) == [2, 3]
    assert len({copy.name for copy in app.copies} | set(app.transferred)) == 1
    chart.start()
    app.run(LONG)
    assert_ends(app, chart, kept=[], filed=[1, 2, 3])


def test_two_phones_with_the_same_name_and_picture_are_one_photo(
    bridge: Service, chart: SandboxServer, app: BrowserApp
) -> None:
    with paired(bridge.web.port) as other:
        for phone in (app, other):
            phone.take("5 xray", picture(1))
            phone.run(1)
        for phone in (app, other):
            phone.run(LONG)
            assert_ends(phone, chart, kept=[], filed=[1])


def test_a_phone_that_finds_no_bridge_keeps_its_photo(config: Config, chart: SandboxServer, app: BrowserApp) -> None:
    app.take("5 xray", picture(1))
    app.run(SOME)
    assert_ends(app, chart, kept=[1], filed=[])


def test_over_wifi_the_phone_forgets_what_the_bridge_has_stored(tmp_path: Path, chart: SandboxServer) -> None:
    uploads = "allow_unpaired: true, unpaired_practice: clinic-b"
    config = make_config(tmp_path, chart.url, uploads=uploads)
    dead = Server(free_port(), is_wifi=True)
    with running_bridge(config) as bridge:
        port = bridge.web.port
        ways: list[Callable[[], BrowserApp]] = [
            lambda: BrowserApp([Server(port, None, is_wifi=True)]),
            lambda: BrowserApp([Server(port, GUID, is_wifi=True)]),
            lambda: BrowserApp([dead, Server(port, GUID)]),
        ]
        for number, way in enumerate(ways, start=1):
            with way() as app:
                app.look_for_server()
                app.take(f"{number} xray", picture(number))
                app.run(LONG)
                assert app.copies == []
        wait_until(lambda: bridge.store.counts()[PhotoState.DELIVERED] == 3)
        assert in_chart(chart) == Counter([1, 2, 3])
        assert [photo.practice for photo in bridge.store.photos()] == ["clinic-a", "clinic-a", "clinic-b"]
