"""The recorded conversations of the real app in a browser, and a server that gives the recorded answers again."""

import ast
import contextlib
import http.client
import json
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from medimage_proxy import Connections

_DATA = Path(__file__).with_name("data") / "medimage-app-timelines.json"
_LINE = re.compile(r"(\d+\.\d\d) +(.*)", re.DOTALL)
_ANSWER = re.compile(r"<- (\(injected\) )?(\d{3}) ?[A-Za-z ]*?(\(\d+ bytes\)|['\"].*)\Z", re.DOTALL)
_POSTED = re.compile(r'-> POST /api/photo \| name="file1"; filename="(.*)"\Z')
_FILE_NAME = re.compile(rb'filename="([^"]*)"')
_CUT_OFF = {'{"message":"maximum file length exceeded"': '{"message":"maximum file length exceeded","code":"ETOOBIG"}'}
_TOO_LATE_SECONDS = 1.5
"""An answer is too late for the app after 5 of its seconds; the player waits for a real fraction of one."""


@dataclass
class Step:
    """A request as `POST name` or `GET /target`, when it was made, and its answer: none at all, `drop`, `hang`, or
    a status, a body, and after how many of the app's seconds.
    """

    request: str
    at: float
    fault: str | None = "hang"
    status: int = 0
    body: bytes = b""
    seconds: float = 0.0


@dataclass
class Conversation:
    """One recording. `end` is the time of its last line, `kept` what the phone had then (None: not recorded)."""

    scenario: str
    steps: list[Step] = field(default_factory=list)
    reopened: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    end: float = 0.0
    final: dict[str, Any] | None = None

    @property
    def requests(self) -> list[str]:
        """What the app asked, in order."""
        return [step.request for step in self.steps]

    @property
    def posted(self) -> list[str]:
        """Names of the photos sent, each once."""
        return list(dict.fromkeys(each.removeprefix("POST ") for each in self.requests if each.startswith("POST ")))


def recorded_conversations() -> dict[str, Conversation]:
    """All recordings by scenario."""
    return {
        each["scenario"]: _read(each["scenario"], each["timeline"])
        for each in json.loads(_DATA.read_text(encoding="utf-8"))
    }


def _read(scenario: str, timeline: list[str]) -> Conversation:
    conversation = Conversation(scenario)
    open_steps: list[Step] = []
    for line in timeline:
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        at, text = float(match[1]), match[2]
        conversation.end = at
        if text.startswith("-> "):
            open_steps.append(Step(_request(text), at))
            conversation.steps.append(open_steps[-1])
        elif text.startswith("<- "):
            _answered(open_steps.pop(0), at, text)
        elif text.startswith("[wire-fault]"):
            open_steps.pop(0).fault = json.loads(text.partition(" ")[2])["fault"]
        elif text.startswith("[reload]"):
            conversation.reopened.append(at)
        elif text.startswith("app says: "):
            conversation.said.append(text.removeprefix("app says: "))
        elif text.startswith("END "):
            conversation.final = json.loads(text.removeprefix("END "))
    return conversation


def _request(text: str) -> str:
    posted = _POSTED.fullmatch(text)
    return f"POST {posted[1]}" if posted else text.removeprefix("-> ")


def _answered(step: Step, at: float, text: str) -> None:
    match = _ANSWER.fullmatch(text)
    assert match, text
    step.fault, step.status, step.seconds = None, int(match[2]), at - step.at
    step.body = _body(match[3])


def _body(text: str) -> bytes:
    """The recording cuts long bodies off: pages are given by their length, and one JSON body is completed."""
    if text.startswith("("):
        return b"x" * int(text.split()[0][1:])
    with contextlib.suppress(SyntaxError):
        return str(ast.literal_eval(text)).encode()
    return next((whole for start, whole in _CUT_OFF.items() if start in text), text).encode()


class RecordedServer:
    """Gives a conversation's answers, one after another, and writes down what it is asked."""

    def __init__(self, conversation: Conversation, *, json_posts: bool, without_cors: str | None) -> None:
        self.requests: list[str] = []
        self._steps = list(conversation.steps)
        self._json_posts = json_posts
        self._without_cors = without_cors
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._connections = Connections(self._serve)
        self.port = self._connections.port
        return self

    def __exit__(self, *_error: object) -> None:
        self._connections.stop(crash=True)

    def _serve(self, sock: socket.socket) -> None:
        with sock.makefile("rb") as lines:
            while (asked := _next_request(lines)) is not None:
                with self._lock:
                    self.requests.append(asked)
                    step = self._steps.pop(0) if self._steps else Step(asked, 0.0, "drop")
                if step.fault == "hang":
                    self._connections.stopping.wait(20)
                if step.fault is not None:
                    return
                time.sleep(_TOO_LATE_SECONDS if step.seconds > 5 else 0)
                sock.sendall(self._answer(step))

    def _answer(self, step: Step) -> bytes:
        kind = step.request.split()[0]
        is_json = kind == "POST" and self._json_posts
        lines = [
            f"HTTP/1.1 {step.status} {http.client.responses[step.status]}",
            f"Content-Type: {'application/json' if is_json else 'text/html'}",
        ]
        if _key(step.request) != self._without_cors:
            lines.append("Access-Control-Allow-Origin: *")
        if step.status != 204:
            lines.append(f"Content-Length: {len(step.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + step.body


def _key(request: str) -> str:
    method, _, target = request.partition(" ")
    return {"OPTIONS": "options", "POST": "post"}.get(method, "root" if target == "/" else "check")


def _next_request(lines: Any) -> str | None:
    """One request, as the recordings write it, or None when the other side is done."""
    first = lines.readline()
    if not first:
        return None
    length = 0
    while (line := lines.readline()).strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    body = lines.read(length)
    method, target, _ = first.decode("latin-1").split(" ")
    if method == "POST":
        match = _FILE_NAME.search(body)
        return f"POST {match[1].decode() if match else ''}"
    return f"{method} {target}"


def typed_as(name: str, guid: str, *, with_hash: bool) -> tuple[str, str]:
    """What was typed, and the time in the name, of a recorded file name."""
    bare = unquote(name).removeprefix(f"#{guid}-").removeprefix("#" if with_hash else "")
    match = re.fullmatch(r"(.*)-(\d\d-Nov-2026-\d\d-\d\d-\d\d)\.jpg", bare)
    assert match, name
    return match[1], match[2]
