"""Two practices on one bridge: nothing that one's phones and programs are told depends on the other, or names it."""

import json
import re
import secrets
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bridge.config import load_config
from bridge.photos import Photo, PhotoState
from bridge.sandbox import Fault, FaultKind, SandboxServer, Seed, default_seed
from bridge.service import Service
from bridge.settings import Config
from bridge_runner import REPOSITORY, running_bridge
from phone import form, picture, request, upload_request, wait_until
from ports import free_port

WHEN = "21-Nov-2026-10-11-12"
STRANGER = "strangerstranger12"
PATIENT_OF_NORTH = 73519461
"""A patient that only the other practice's chart has."""

CONFIG = """
data_folder: data
server: {{host: 127.0.0.1, port: {port}, threads: 16, public_url: "http://bridge.example:5566"}}
uploads: {{{uploads}, max_upload_bytes: 100000}}
delivery: {{retry_first_seconds: 0.1, retry_longest_seconds: 1}}
pairing: {{own_service: true}}
proxy: {{serve_downloads: true}}
practices:
"""
PRACTICE = """
  - name: {name}
    guid: {guid}
    mapping: {name}.yaml
    time_zone: America/Los_Angeles
    api_token_file: {name}-token
    chart: {{url: "{chart}", username: bridge, password_file: chart-password, connect_timeout_seconds: 5,
      read_timeout_seconds: 5}}
"""


def letters() -> str:
    """A word that means nothing and stands nowhere by chance; digits could be taken for a patient."""
    return "z" + "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(12))


@dataclass(frozen=True)
class Practice:
    """One practice's secrets; all random, so that they stand nowhere by chance."""

    name: str
    guid: str = field(default_factory=lambda: secrets.token_hex(9))
    token: str = field(default_factory=lambda: f"token{secrets.token_hex(16)}")
    word: str = field(default_factory=letters)

    def photo(self, words: str) -> str:
        """A file name of this practice's phones."""
        return f"#{self.guid}-{words}.jpg"


@dataclass(frozen=True)
class Site:
    """A bridge of two practices, south and north, each with its own chart."""

    bridge: Service
    south: Practice
    north: Practice
    charts: dict[str, SandboxServer]

    def ask(self, sent: bytes) -> bytes:
        """The raw answer to the bytes of a request, until the bridge closes."""
        with socket.create_connection(("127.0.0.1", self.bridge.web.port), timeout=20) as line:
            line.sendall(sent)
            answered = b""
            while part := line.recv(1_000_000):
                answered += part
        return answered

    def settle(self, practice: Practice) -> None:
        """Wait until a practice's photos are all delivered or held."""
        wait_until(lambda: not self.photos(practice, PhotoState.QUEUED, PhotoState.SENDING), 20)

    def photos(self, practice: Practice, *states: PhotoState) -> list[Photo]:
        """A practice's photos in some states, or all."""
        return self.bridge.store.photos(states=states, practice=practice.name, limit=10_000)

    def secrets_of(self, practice: Practice) -> list[bytes]:
        """What nobody else may ever read."""
        chart = str(self.charts[practice.name].port)
        known = [practice.name, practice.guid, practice.token, practice.word, f":{chart}"]
        patients = [str(PATIENT_OF_NORTH)] if practice is self.north else []
        return [each.lower().encode() for each in known + patients]


def closed(method: str, target: str, *headers: str) -> bytes:
    """A request after which the connection ends."""
    return request(method, target, "Connection: close", *headers)


def upload(name: str, content: bytes) -> bytes:
    """The request of a phone that sends a photo, as a browser does."""
    return upload_request(form(name, content), "Connection: close", "Origin: http://localhost:8080")


def check(name: str) -> bytes:
    """The request for a check, as the app asks it."""
    return closed("GET", f"/check={quote(name, safe='')}")


def read_check(guid: str, path: str) -> bytes:
    """The request for the other check, by the path as MedImage keeps it."""
    return closed("GET", f"/read/{guid}?check={quote(path, safe='')}")


def pairing(token: str, guid: str | None) -> bytes:
    """The request of another system's "pair a phone" button."""
    body = json.dumps({"guid": guid}).encode()
    lines = (f"Authorization: Bearer {token}", f"Content-Length: {len(body)}")
    return closed("POST", "/api/v1/pairing", *lines) + body


def north_seed() -> Seed:
    """A chart with one patient that no other chart has."""
    seed = default_seed()
    stranger = {**seed.rows["patients"][0], "id": PATIENT_OF_NORTH, "curp": "ZZZZ140418MBCRLM01", "oldid": 99001}
    return replace(seed, rows={**seed.rows, "patients": (*seed.rows["patients"], stranger)})


def make_config(folder: Path, practices: list[Practice], charts: dict[str, SandboxServer], uploads: str) -> Config:
    """A config of these practices, each with files and a chart of its own."""
    folder.mkdir()
    (folder / "chart-password").write_text("bridge-pass\n")
    mapping = (REPOSITORY / "mappings" / "thousand-smiles.yaml").read_text("utf-8")
    text = CONFIG.format(port=free_port(), uploads=uploads)
    for practice in practices:
        (folder / f"{practice.name}.yaml").write_text(mapping, "utf-8")
        (folder / f"{practice.name}-token").write_text(practice.token)
        text += PRACTICE.format(name=practice.name, guid=practice.guid, chart=charts[practice.name].url)
    (folder / "config.yaml").write_text(text)
    return load_config(folder / "config.yaml")


@pytest.fixture(scope="module", params=["paired only", "unpaired too"])
def sites(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Site]]:
    """Two bridges alike: at the first one the other practice, north, works too; at the second it never does."""
    folder = tmp_path_factory.mktemp("sites")
    south, north = Practice("south"), Practice(f"north-{letters()}")
    unpaired = request.param == "unpaired too"
    uploads = "allow_unpaired: true, unpaired_practice: south" if unpaired else "allow_unpaired: false"
    charts = (SandboxServer(database=folder / "first.db"), SandboxServer(database=folder / "second.db"))
    with charts[0] as first, charts[1] as second, SandboxServer(north_seed(), folder / "north.db") as norths:
        busy = {"south": first, north.name: norths}
        quiet = {"south": second, north.name: norths}
        with (
            running_bridge(make_config(folder / "busy", [south, north], busy, uploads)) as busy_bridge,
            running_bridge(make_config(folder / "quiet", [south, north], quiet, uploads)) as quiet_bridge,
        ):
            yield Site(busy_bridge, south, north, busy), Site(quiet_bridge, south, north, quiet)


SHARED = ["#1-xray", "#123-#Headshot", "5-Radiografía", "#99999-xray", "headshot", "#a-#b-c"]
"""Words of photos of either practice: some can be filed, some are held."""

KINDS: dict[str, Callable[[Practice, str, int], bytes]] = {
    "upload": lambda own, words, number: upload(own.photo(words), picture(number)),
    "upload without guid": lambda own, words, number: upload(f"{words}.jpg", picture(number)),
    "upload for a stranger": lambda own, words, number: upload(f"#{STRANGER}-{words}.jpg", picture(number)),
    "upload of an unknown type": lambda own, words, number: upload(own.photo(words), bytes(number + 1)),
    "upload that is too large": lambda own, words, number: upload(own.photo(words), bytes(100_001)),
    "upload that is empty": lambda own, words, number: upload(own.photo(words), b""),
    "check": lambda own, words, number: check(own.photo(words)),
    "check without extension": lambda own, words, number: check(f"#{own.guid}-{words}"),
    "check without guid": lambda own, words, number: check(f"{words}.jpg"),
    "check of a stranger": lambda own, words, number: check(f"#{STRANGER}-{words}.jpg"),
    "malformed check": lambda own, words, number: closed("GET", "/check=%E0%A4%A"),
    "read": lambda own, words, number: closed("GET", f"/read/{own.guid}"),
    "read head": lambda own, words, number: closed("HEAD", f"/read/{own.guid}"),
    "read of a stranger": lambda own, words, number: closed("GET", f"/read/{STRANGER}"),
    "read check": lambda own, words, number: read_check(own.guid, f"{words}.jpg"),
    "read check with guid": lambda own, words, number: read_check(own.guid, own.photo(words)),
    "read check by path": lambda own, words, number: read_check(own.guid, f"a/b/{words.removeprefix('#a-#b-')}.jpg"),
    "pairing": lambda own, words, number: pairing(own.token, None),
    "pairing again": lambda own, words, number: pairing(own.token, own.guid),
    "pairing of a stranger": lambda own, words, number: pairing(own.token, STRANGER),
    "pairing without a token": lambda own, words, number: pairing("nobody", own.guid),
    "code": lambda own, words, number: closed(
        "GET", f"/med-genid.php?guid={own.guid}", f"Authorization: Bearer {own.token}"
    ),
    "code of a stranger": lambda own, words, number: closed("GET", "/med-genid.php?guid=", "X-Forwarded-For: 1.2.3.4"),
    "guess": lambda own, words, number: closed("GET", "/med-genid.php?compare=no"),
    "root": lambda own, words, number: closed("GET", "/"),
    "load": lambda own, words, number: closed("GET", "/load/"),
    "preflight": lambda own, words, number: closed("OPTIONS", "/api/photo", "Access-Control-Request-Method: POST"),
    "nothing there": lambda own, words, number: closed("GET", f"/{own.name}"),
    "wrong method": lambda own, words, number: closed("PUT", "/api/photo"),
}
"""All that somebody can ask who knows no more than a practice's own guid and token."""

BOTH = st.sampled_from(["south", "south", "north"])
REQUESTS = st.tuples(
    BOTH,
    st.sampled_from(["upload", "upload", "upload", "check", "read", *KINDS]),
    st.integers(0, len(SHARED) + 1),
    st.integers(0, 3),
)
CHANGING = [
    (rb"\r\nDate: [^\r]*", b""),
    (rb'"code": "(\w{4})"', b""),
    (rb"type the code \w{4} before \d\d:\d\d UTC", b""),
    (rb'"expires_at": "[^"]*"', b""),
    (rb"\r\n\r\n\w{4} (?=\w{16,20} http)", b""),
    (rb"\[[\d.]+,[\d.]+,[\d.]+\]\Z", b""),
]
"""The time, a pairing code and the machine's load are other ones each time."""


def unchanging(answer: bytes) -> bytes:
    """An answer without what is different each time."""
    for pattern, instead in CHANGING:
        answer = re.sub(pattern, instead, answer)
    return answer


def words_of(practice: Practice, number: int, mark: str) -> str:
    """What is typed on a phone; north's has words and a patient of its own, too. `mark` keeps tests apart."""
    own = [f"#{PATIENT_OF_NORTH}-{kind}-{practice.word}" for kind in ("xray", "nothing")]
    words = (SHARED + (SHARED[:2] if practice.name == "south" else own))[number]
    return f"{words}-{mark}-{WHEN}"


def empty(site: Site, practice: Practice) -> None:
    """Pull all that a practice's server is offered."""
    while b"\r\nfile-name: " in site.ask(closed("GET", f"/read/{practice.guid}")):
        pass


@settings(max_examples=20, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
@given(requests=st.lists(REQUESTS, min_size=6, max_size=14))
def test_answers_to_one_practice_name_nothing_of_the_other_and_are_the_same_without_it(
    sites: tuple[Site, Site], requests: list[tuple[str, str, int, int]]
) -> None:
    busy, quiet = sites
    mark = letters()
    for site in sites:
        empty(site, site.south)
    for who, kind, words, number in requests:
        asker, other = (busy.south, busy.north) if who == "south" else (busy.north, busy.south)
        if who == "north" and kind == "upload without guid":
            # Such a photo is south's, when anybody's.
            continue
        asked = KINDS[kind](asker, words_of(asker, words, mark), number)
        answer = busy.ask(asked)
        assert answer.startswith(b"HTTP/1.1 ")
        assert [secret for secret in busy.secrets_of(other) if secret in answer.lower()] == [], kind
        if who == "south":
            assert unchanging(quiet.ask(asked)) == unchanging(answer), kind
            for site in sites:
                site.settle(site.south)


def test_the_property_test_reaches_what_it_is_about(sites: tuple[Site, Site]) -> None:
    busy, quiet = sites
    mark = letters()
    for practice in (busy.south, busy.north):
        for words in range(len(SHARED) + 2):
            assert b" 200 OK" in busy.ask(KINDS["upload"](practice, words_of(practice, words, mark), 1))
        busy.settle(practice)
        assert busy.photos(practice, PhotoState.DELIVERED)
        assert busy.photos(practice, PhotoState.HELD)
        asked = {kind: make(practice, words_of(practice, 0, mark), 1) for kind, make in KINDS.items()}
        assert busy.ask(asked["check"]).endswith(b"\r\n\r\nfalse")
        assert b"\r\nfile-name: " in busy.ask(asked["read"])
        assert all(practice.guid.encode() in busy.ask(asked[kind]) for kind in ("pairing", "pairing again", "code"))
        by_path = busy.ask(KINDS["read check by path"](practice, words_of(practice, 5, mark), 1))
        assert by_path.endswith(b"\r\n\r\ntrue")
    assert quiet.photos(quiet.north) == []
    assert PATIENT_OF_NORTH in {image.patient for image in busy.charts[busy.north.name].images()}


def test_a_second_photo_of_a_name_does_not_tell_how_many_photos_others_have(sites: tuple[Site, Site]) -> None:
    busy, _ = sites
    for number in range(3):
        busy.ask(upload(busy.north.photo(f"count-{letters()}"), picture(number)))
    seen = []
    for site in sites:
        empty(site, site.south)
        for number in (20, 21):
            site.ask(upload(site.south.photo("#twice-one-name"), picture(number)))
        answers = [site.ask(closed("GET", f"/read/{site.south.guid}")) for _ in range(2)]
        seen.append(re.findall(rb"file-name: (\S+)", b"".join(answers)))
    assert len(set(seen[0])) == 2
    assert seen[0] == seen[1]


def test_a_check_of_the_others_photo_under_the_own_guid_finds_nothing(sites: tuple[Site, Site]) -> None:
    busy, _ = sites
    for own, other in ((busy.south, busy.north), (busy.north, busy.south)):
        words = f"#5-xray-{letters()}"
        assert b" 200 OK" in busy.ask(upload(other.photo(words), picture(30)))
        busy.settle(other)
        assert b" 200 OK" in busy.ask(check(other.photo(words)))
        for name in (own.photo(words), own.photo(words)[:-4], f"#{STRANGER}-{words}.jpg"):
            assert busy.ask(check(name)).startswith(b"HTTP/1.1 404 ")
        for path in (f"{words}.jpg", own.photo(words), other.photo(words)):
            assert busy.ask(read_check(own.guid, path)).endswith(b"\r\n\r\nnone")


def test_of_one_name_in_both_practices_each_is_told_of_its_own(sites: tuple[Site, Site]) -> None:
    busy, _ = sites
    can_be_unpaired = busy.bridge.config.uploads.allow_unpaired
    for filed, waiting in ((busy.north, busy.south), (busy.south, busy.north)):
        words = f"7-xray-{letters()}"
        busy.charts[waiting.name].stop()
        for practice in (filed, waiting):
            assert b" 200 OK" in busy.ask(upload(practice.photo(words), picture(31)))
        busy.settle(filed)
        assert busy.ask(check(filed.photo(words))).endswith(b"\r\n\r\nfalse")
        assert busy.ask(check(waiting.photo(words))).endswith(b"\r\n\r\ntrue")
        bare = busy.ask(check(f"{words}.jpg"))
        of_south = b"false" if filed is busy.south else b"true"
        assert bare.endswith(of_south) if can_be_unpaired else bare.startswith(b"HTTP/1.1 404 ")
        busy.charts[waiting.name].start()
        busy.settle(waiting)


TROUBLES: dict[str, Callable[[Site], None]] = {
    "chart down": lambda site: site.charts["south"].stop(),
    "chart hangs": lambda site: site.charts["south"].faults.add(Fault(FaultKind.SLOW_ANSWER, delay_seconds=1)),
    "chart fails": lambda site: site.charts["south"].faults.add(Fault(FaultKind.STATUS, status=500)),
    "chart refuses the account": lambda site: site.charts["south"].faults.add(Fault(FaultKind.STATUS, status=401)),
    "portal": lambda site: site.charts["south"].faults.add(Fault(FaultKind.PORTAL_PAGE)),
    "mapping broken": lambda site: _break_mapping(site),
    "mapping gone": lambda site: site.bridge.config.practice("south").mapping.unlink(),
}


def _break_mapping(site: Site) -> None:
    site.bridge.config.practice("south").mapping.write_text("version: [", "utf-8")


@pytest.mark.parametrize("trouble", TROUBLES)
def test_one_practices_trouble_changes_nothing_for_the_other(tmp_path: Path, trouble: str) -> None:
    south, north = Practice("south"), Practice("north")
    with SandboxServer() as souths, SandboxServer() as norths:
        charts = {"south": souths, "north": norths}
        with running_bridge(make_config(tmp_path / "site", [south, north], charts, "allow_unpaired: false")) as bridge:
            site = Site(bridge, south, north, charts)
            TROUBLES[trouble](site)
            for number in range(6):
                assert b" 200 OK" in site.ask(upload(south.photo(f"{number + 1}-xray-{WHEN}"), picture(number)))
            sent = [f"{number + 1}-xray-{WHEN}" for number in range(4)]
            for number, words in enumerate(sent):
                assert b" 200 OK" in site.ask(upload(north.photo(words), picture(number)))
            wait_until(lambda: not site.photos(north, PhotoState.QUEUED, PhotoState.SENDING), 5)
            assert all(site.ask(check(north.photo(words))).endswith(b"\r\n\r\nfalse") for words in sent)
            assert sorted(image.patient for image in norths.images()) == [1, 2, 3, 4]
            is_mapping = trouble.startswith("mapping")
            assert bool(site.photos(south, PhotoState.QUEUED, PhotoState.SENDING)) or is_mapping
