"""The recorded exchanges with a real MedImage server (2.0.0), and how to send each of them again."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge_runner import GUID
from phone import BOUNDARY, Answer, Line, form, picture

_DATA = Path(__file__).with_name("data") / "medimage-exchanges.json"
_ALL: list[dict[str, Any]] = json.loads(_DATA.read_text(encoding="utf-8"))
_MORE_FIELDS = re.compile(r"… (\d+) more text fields …")
_CORS = ("access-control-allow-origin", "access-control-request-method", "access-control-allow-methods")
"""What must be as recorded. `Access-Control-Allow-Headers` is `*` here also where the real server names a few."""

FIXTURES = {name: base64.b64decode(text) for name, text in _ALL[0]["fixtures_b64"].items()}


@dataclass(frozen=True)
class Exchange:
    """One recorded exchange. `record` is all that was written down of it.

    `guid` is the practice's: replaying gives each exchange a practice of its own, so that none sees another's photos.
    """

    name: str
    record: dict[str, Any]
    guid: str = GUID

    @property
    def is_upload(self) -> bool:
        """Whether it was sent to the photo API, however that was written, or is a browser's question about it."""
        return "/api/photo" in self._target.lower() or self._method == "OPTIONS"

    @property
    def to_pc(self) -> bool:
        """Whether it was a clinic's PC, which takes photos without a hash, and not a proxy."""
        server = self.record["server"]
        return bool(server == "pc" or server.endswith("to PC"))

    @property
    def status(self) -> int | None:
        """The recorded status; None where the real server gave no answer."""
        status = self.record["response"]["status"]
        return status[0] if isinstance(status, list) else status

    def sent_to(self, port: int) -> Answer:
        """What a server answers to the same request; of several at once, an answer that is not as recorded."""
        at_once = self.record["request"].get("concurrency", 1)
        if at_once == 1:
            return self._sent_once(port, 0)
        with ThreadPoolExecutor(at_once) as pool:
            answers = list(pool.map(lambda number: self._sent_once(port, number), range(at_once)))
        return next((each for each in answers if not self.is_answered_by(each)), answers[0])

    def is_answered_by(self, answer: Answer) -> bool:
        """Whether this is the recorded answer: status, body, and the headers that phones, browsers and readers use."""
        recorded = {name.lower(): value for name, value in self.record["response"]["headers"]}
        names = _CORS if "access-control-allow-origin" in recorded else ()
        if "/read/" in self._target:
            names = (*names, "file-name", "content-type")
        ours = [answer.headers.get(name) for name in names]
        return self.status == answer.status and self._is_body(answer.body) and ours == self._values(recorded, names)

    def _values(self, recorded: dict[str, str], names: tuple[str, ...]) -> list[str | None]:
        return [recorded[name].replace(GUID, self.guid) if name in recorded else None for name in names]

    def _is_body(self, body: bytes) -> bool:
        """Whether a body is the recorded one, of which at times only length and digest are known."""
        recorded = self.record["response"]["body"]
        if isinstance(recorded, str):
            return body == recorded.encode()
        if "b64" in recorded:
            return body == base64.b64decode(recorded["b64"])
        return len(body) == recorded["bytes"] and hashlib.sha256(body).hexdigest().startswith(recorded["sha256"])

    @property
    def _method(self) -> str:
        return str(self.record["request"]["method"])

    @property
    def _target(self) -> str:
        """The target with this exchange's guid, also where the recording has its first letter as an escape."""
        return str(self.record["request"]["target"]).replace(GUID[1:], self.guid[1:])

    def _sent_once(self, port: int, number: int) -> Answer:
        with Line(port) as line:
            line.send(self._bytes(number))
            if self.name.startswith("truncated"):
                line.stop_sending()
            answer = line.answer(has_body=self._method != "HEAD")
            return line.answer() if answer.status == 100 else answer

    def _bytes(self, number: int) -> bytes:
        body = self._body(number)
        headers = dict(self.record["request"].get("headers", []))
        if self.is_upload and not headers:
            headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        if headers.get("Transfer-Encoding") == "chunked":
            body = b"%X\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        elif body and not self.name.startswith("truncated"):
            headers["Content-Length"] = str(len(body))
        lines = [f"{self._method} {self._target} HTTP/1.1", "Host: bridge.example"]
        lines += [f"{name}: {value}" for name, value in headers.items() if name.lower() != "host"]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _body(self, number: int) -> bytes:
        request = self.record["request"]
        if "concurrency" in request:
            which = number if "different names" in self.name else "same"
            return form(f"#{self.guid}-at-once-{which}.jpg", picture(number))
        if not request.get("multipart"):
            return _content(request.get("body", ""))
        body = b"".join(_part(part) for part in request["multipart"])
        body += b"" if request.get("closing_boundary") is False else f"--{BOUNDARY}--\r\n".encode()
        if self.name.startswith("garbage"):
            body = b"garbage!\r\n" + body
        if self.name.startswith("epilogue"):
            body += b"garbage!\r\n"
        return body.replace(b"\r\n", b"\n") if self.name.startswith("LF-only") else body


def recorded(wanted: Callable[[Exchange], bool] = lambda _exchange: True) -> dict[str, Exchange]:
    """The recorded exchanges by name, in their order."""
    exchanges = [Exchange(each["name"], each) for each in _ALL[1:]]
    return {each.name: each for each in exchanges if wanted(each)}


def _part(part: dict[str, Any] | str) -> bytes:
    if isinstance(part, str):
        match = _MORE_FIELDS.fullmatch(part)
        assert match, part
        return _part({"content_disposition": 'form-data; name="f"', "data": "x"}) * int(match[1])
    lines = [f"--{BOUNDARY}", f"Content-Disposition: {part['content_disposition']}"]
    lines += [f"Content-Type: {part['content_type']}"] if part.get("content_type") else []
    lines += [f"{name}: {value}" for name, value in part.get("headers", {}).items()]
    content = _content(part["data"])
    if "base64" in part.get("headers", {}).values():
        content = base64.b64encode(FIXTURES["JPG"])
    return "\r\n".join([*lines, "", ""]).encode() + content + b"\r\n"


def _content(data: dict[str, Any] | str) -> bytes:
    """The bytes of a part; long ones, recorded by their length alone, are a picture with zeros behind it."""
    if isinstance(data, str):
        return data.encode()
    if "first_part_head" in data:
        head = data["first_part_head"]
        return f"{head}\r\n\r\n".encode() + FIXTURES["JPG"] + f"\r\n{head.split()[0]}--\r\n".encode()
    if "fixture" in data:
        return FIXTURES[data["fixture"]]
    if "b64" in data:
        return base64.b64decode(data["b64"])
    return FIXTURES["JPG"].ljust(data["bytes"], b"\0")
