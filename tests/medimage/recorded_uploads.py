"""The recorded exchanges with a real MedImage server that are about uploads, and how to send them again."""

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phone import BOUNDARY, Answer, Line, form, picture

_DATA = Path(__file__).with_name("data") / "medimage-exchanges.json"
_ALL: list[dict[str, Any]] = json.loads(_DATA.read_text(encoding="utf-8"))
_FIXTURES = {name: base64.b64decode(text) for name, text in _ALL[0]["fixtures_b64"].items()}
_MORE_FIELDS = re.compile(r"… (\d+) more text fields …")


@dataclass(frozen=True)
class Exchange:
    """One recorded exchange; `status` is None where the real server gave no answer."""

    name: str
    server: str
    request: dict[str, Any]
    status: int | None
    body: str

    @property
    def to_pc(self) -> bool:
        """Whether it was a clinic's PC, which takes photos without a hash, and not a proxy."""
        return self.server == "pc" or self.server.endswith("to PC")

    def sent_to(self, port: int) -> Answer:
        """What a server answers to the same request."""
        with Line(port) as line:
            line.send(self._bytes())
            if self.name.startswith("truncated"):
                line.stop_sending()
            answer = line.answer(has_body=self.request["method"] != "HEAD")
            return line.answer() if answer.status == 100 else answer

    def _bytes(self) -> bytes:
        headers = dict(self.request.get("headers", [])) or {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        body = self._body()
        if headers.get("Transfer-Encoding") == "chunked":
            body = b"%X\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        elif body and not self.name.startswith("truncated"):
            headers["Content-Length"] = str(len(body))
        lines = [f"{self.request['method']} {self.request['target']} HTTP/1.1", "Host: bridge.example"]
        lines += [f"{name}: {value}" for name, value in headers.items() if name.lower() != "host"]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _body(self) -> bytes:
        if "concurrency" in self.request:
            return form("#uPSE4UWHmJ8XqFUqvf-at-once.jpg", picture())
        if not self.request.get("multipart"):
            return _content(self.request.get("body", ""))
        body = b"".join(_part(part) for part in self.request["multipart"])
        body += b"" if self.request.get("closing_boundary") is False else f"--{BOUNDARY}--\r\n".encode()
        if self.name.startswith("garbage"):
            body = b"garbage!\r\n" + body
        if self.name.startswith("epilogue"):
            body += b"garbage!\r\n"
        return body.replace(b"\r\n", b"\n") if self.name.startswith("LF-only") else body


def recorded_uploads() -> list[Exchange]:
    """All exchanges with the photo API, whatever their method and way to write its address, and all of OPTIONS."""
    return [
        Exchange(each["name"], each["server"], each["request"], _status(each), each["response"]["body"])
        for each in _ALL[1:]
        if "/api/photo" in each["request"]["target"].lower() or each["request"]["method"] == "OPTIONS"
    ]


def _status(exchange: dict[str, Any]) -> int | None:
    status = exchange["response"]["status"]
    return status[0] if isinstance(status, list) else status


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
        content = base64.b64encode(_FIXTURES["JPG"])
    return "\r\n".join([*lines, "", ""]).encode() + content + b"\r\n"


def _content(data: dict[str, Any] | str) -> bytes:
    """The bytes of a part; long ones, recorded by their length alone, are a picture with zeros behind it."""
    if isinstance(data, str):
        return data.encode()
    if "first_part_head" in data:
        head = data["first_part_head"]
        return f"{head}\r\n\r\n".encode() + _FIXTURES["JPG"] + f"\r\n{head.split()[0]}--\r\n".encode()
    if "fixture" in data:
        return _FIXTURES[data["fixture"]]
    if "b64" in data:
        return base64.b64decode(data["b64"])
    return _FIXTURES["JPG"].ljust(data["bytes"], b"\0")
