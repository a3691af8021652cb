"""What a server had received before each recorded exchange that asks for photos, and what had become of it."""

from dataclasses import dataclass

from medimage_exchanges import FIXTURES

from bridge.photos import PhotoState
from bridge.service import Service
from phone import ask, post_photo, wait_until

_CSV = b"a,b\n1,2\n"
_JPG, _PDF, _JSON = FIXTURES["JPG"], FIXTURES["PDF"], FIXTURES["JSON_"]


@dataclass(frozen=True)
class State:
    """Photos received by name (without the guid) and content. Then a MedImage PC pulled `pulled` of them; with
    `is_done` the phone may forget them: pulled on the real server, in the chart or discarded here.
    """

    photos: tuple[tuple[str, bytes], ...] = ()
    pulled: int = 0
    is_done: bool = False

    def prepare(self, bridge: Service, guid: str) -> None:
        """Bring a practice of a bridge to this state."""
        for words, content in self.photos:
            assert post_photo(bridge.web.port, f"#{guid}-{words}", content).status == 200
        for _ in range(self.pulled):
            assert ask(bridge.web.port, "GET", f"/read/{guid}").headers["file-name"]
        for words, _content in self.photos if self.is_done else ():
            _discard(bridge, f"#{guid}-{words}")


def _discard(bridge: Service, name: str) -> None:
    number = bridge.store.photos_named(name)[0].id
    wait_until(lambda: bridge.store.photo(number).state is PhotoState.HELD)
    bridge.store.discard(number, "test", "")


def _one(words: str, content: bytes = _JPG, *, pulled: int = 0, is_done: bool = False) -> State:
    return State(((words, content),), pulled, is_done)


_NOTHING = State()
_WOUND = _one("#NHID1234-#arm-wound.jpg")
_X = _one("x.jpg")
_MOLES = _one("##moles-John123-21-Nov-2026-10-11-12.jpg")
_THREE = (("a.jpg", _JPG), ("b.jpg", _JPG), ("#z-c.jpg", _JPG))
_LATER = "%23uPSE4UWHmJ8XqFUqvf-%23123-21-Nov-2026-07-27-09.jpg"
_FIRST = "%23uPSE4UWHmJ8XqFUqvf-%23%23moles-John123-21-Nov-2026-07-27-06.jpg"

_STATES = {
    "GET path traversal into photos: /../photos/<hash>/NHI1/arm.jpg": _one("#NHI1-arm.jpg"),
    "GET /check= after the read": _one("#NHID1234-#arm-wound.jpg", pulled=1),
    "GET /check= of a stored PDF": _one("doc.pdf", _PDF),
    "GET /check= of a photo sent as .jpeg": _one("x.jpeg"),
    "GET /check= of a photo sent as .JPG": _one("X.JPG"),
    "GET /check= unicode name": _one("#Māori-tōtara.jpg"),
    "GET /check= name with dots": _one("a-..-b.jpg"),
    f"browser app to proxy: GET /check={_FIRST}": _one("##moles-John123-21-Nov-2026-07-27-06.jpg", is_done=True),
    f"browser app to proxy: GET /check={_LATER}": _one("#123-21-Nov-2026-07-27-09.jpg"),
    f"browser app to proxy: GET /check={_LATER} (2)": _one("#123-21-Nov-2026-07-27-09.jpg", is_done=True),
    "GET /read/<hash> nothing there (no directory)": _NOTHING,
    "HEAD /read/<hash> nothing there": _NOTHING,
    "poller on the wire: HEAD, nothing waiting": _NOTHING,
    "HEAD /read/<hash> file present": _WOUND,
    "HEAD /read/<hash> again (file still there)": _WOUND,
    "GET /read/<hash>?check= existing file (seed document form)": _WOUND,
    "GET /read/<hash>?check= after that (gone)": _one("#NHID1234-#arm-wound.jpg", pulled=1),
    "GET /read/<hash>?check= of a file that does not exist, while another waits": _one("test.jpg"),
    "GET /read/<hash> file present": _WOUND,
    "GET /read/<hash> second time": _one("#NHID1234-#arm-wound.jpg", pulled=1),
    "HEAD /read/<hash> pdf": _one("doc.pdf", _PDF),
    "GET /read/<hash> pdf": _one("doc.pdf", _PDF),
    "GET /read/<hash> json": _one("t.json", _JSON),
    "GET /read/<hash> csv": _one("t.csv", _CSV),
    "GET /read/<hash>?callback=cb (JSONP, text file)": _one("t.csv", _CSV),
    "GET /read/<hash>?callback=cb (JSONP, nothing there)": _NOTHING,
    "GET /read/<hash>?callback=cb (JSONP, jpeg)": _one("t.jpg"),
    "GET /read/<hash>?callback=cb (JSONP, pdf)": _one("t.pdf", _PDF),
    "GET /read/<hash>?callback=<script>": _NOTHING,
    "GET /read/<hash> three files waiting, read 1": State(_THREE),
    "GET /read/<hash> three files waiting, read 2": State(_THREE, 1),
    "GET /read/<hash> three files waiting, read 3": State(_THREE, 2),
    "GET /read/<hash> three files waiting, read 4": State(_THREE, 3),
    "GET /read/<hash> file in a folder named with a hash sign": _one("##moles-J.jpg"),
    "GET /read/<hash>/sub (folder inside the bucket)": _one("#sub-x.jpg"),
    "HEAD /read/<hash> when a FOLDER name contains .jpg": _one("#t-#u.jpg.jpg-x.jpg"),
    "GET /read/<hash> when a FOLDER name contains .jpg": _one("#t-#u.jpg.jpg-x.jpg"),
    "HEAD /read/<hash> of a PDF that was sent as .jpg": _one("x.jpg", _PDF),
    "GET /read/<hash> of a PDF that was sent as .jpg": _one("x.jpg", _PDF),
    "GET /read/<hash>?callback with no usable URL (//)": _NOTHING,
    "poller on the wire: HEAD, file-name: /uPSE4UWHmJ8XqFUqvf/doc.pdf": _one("doc.pdf", _PDF),
    "poller on the wire: GET, file-name: /uPSE4UWHmJ8XqFUqvf/doc.pdf": _one("doc.pdf", _PDF),
    "poller on the wire: HEAD, file-name: /uPSE4UWHmJ8XqFUqvf/test.jpg": _one("test.jpg"),
    "poller on the wire: GET, file-name: /uPSE4UWHmJ8XqFUqvf/test.jpg": _one("test.jpg"),
}


def state_before(name: str) -> State:
    """What was there: unless the recording says otherwise, one photo that waits."""
    return _STATES.get(name) or (_MOLES if "/check=" in name else _X)
