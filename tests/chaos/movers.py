"""People who move images: each asks for one image to go to one patient until they have heard how it ended."""

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from phone import Answer, ask

_PAUSE_SECONDS = 0.1
_AT_ONCE = 8
_TRIES = 300


@dataclass(frozen=True)
class Wish:
    """Image `image_id` is to be `patient`'s; `content` tells its pixels."""

    image_id: int
    patient: int
    number: int


@dataclass
class Movers:
    """Asks bridges in turn, as a context manager, signed in as `bridge`, whom `staff` must name. What a bridge answers
    last to each wish is in `ends`; wishes to which nobody ever said that they were taken on are not in `begun`.
    """

    wishes: Sequence[Wish]
    ports: Sequence[int]
    begun: set[int] = field(default_factory=set)
    ends: dict[int, str] = field(default_factory=dict)
    refusals: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._allowed = threading.Semaphore(0)
        self._stopping = threading.Event()
        self._threads = ThreadPoolExecutor(_AT_ONCE)
        self._token = ""

    def __enter__(self) -> Self:
        self._token = self._signed_in()
        for number, wish in enumerate(self.wishes):
            self._threads.submit(self._see_through, number, wish)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self.allow(len(self.wishes))
        self._threads.shutdown(wait=True)

    def allow(self, number: int) -> None:
        """Let so many more be asked for."""
        self._allowed.release(number)

    def have_heard(self) -> bool:
        """Whether everybody knows how it ended."""
        return len(self.ends) == len(self.wishes)

    def _signed_in(self) -> str:
        """A token that the bridges know, also after a kill. The line to the chart may be a bad one."""
        body = json.dumps({"username": "bridge", "password": "bridge-pass"}).encode()
        for _ in range(_TRIES):
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = ask(self.ports[0], "POST", "/api/v1/login/", body, {"Content-Type": "application/json"})
                if answer.status == 200:
                    return str(json.loads(answer.body)["token"])
            time.sleep(_PAUSE_SECONDS)
        raise AssertionError("nobody can sign in")

    def _see_through(self, number: int, wish: Wish) -> None:
        self._allowed.acquire()
        turn = number
        while not self._stopping.is_set():
            turn += 1
            answer = self._asked(self.ports[turn % len(self.ports)], wish)
            if answer is None:
                time.sleep(_PAUSE_SECONDS)
                continue
            if answer.status in (200, 202):
                self.begun.add(wish.image_id)
                state = json.loads(answer.body)["state"]
                if answer.status == 200 and state != "stuck":
                    self.ends[wish.image_id] = state
                    return
            elif answer.status not in (502, 503, 504):
                self.refusals.append(answer.status)
            time.sleep(_PAUSE_SECONDS)

    def _asked(self, port: int, wish: Wish) -> Answer | None:
        body = json.dumps({"patient": wish.patient, "reason": "it is of somebody else"}).encode()
        headers = {"Authorization": f"Token {self._token}", "Content-Type": "application/json"}
        try:
            return ask(port, "POST", f"/api/v1/images/{wish.image_id}/move", body, headers)
        except (OSError, http.client.HTTPException):
            return None
