"""A whole bridge whose JSON door is asked to do things, and the chart behind it."""

import base64
from dataclasses import dataclass
from typing import Any

import requests

from bridge.holds import Hold, HoldReason
from bridge.photos import NewUpload, Photo, Source
from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge.tags import parse_name
from bridge_runner import GUID
from noted import noted
from phone import picture

NAME = f"#{GUID}-#999-#Headshot-21-Nov-2026-10-11-12.jpg"
HOLD = Hold(HoldReason.UNKNOWN_PATIENT, "The chart has no patient with id 999; assign the photo.")


@dataclass(frozen=True)
class DoingSite:
    """The bridge, its chart, and a nurse who is signed in."""

    bridge: Service
    chart: SandboxServer
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.bridge.web.port}"

    def ask(
        self, method: str, path: str, token: str | None = None, prefix: str = "", **options: Any
    ) -> requests.Response:
        """One request of the nurse under `/api/v1/`."""
        headers = {"Authorization": f"Token {self.token if token is None else token}"}
        url = f"{self.url}{prefix}/api/v1/{path}"
        return requests.request(method, url, headers=headers, timeout=20, **options)

    def put(self, number: int, patient: int = 3) -> int:
        """File a picture as a tablet does."""
        data = base64.b64encode(picture(number)).decode()
        body = {"patient": patient, "clinic": 2, "station": 1, "type": "Surgery", "data": data}
        headers = {"Authorization": f"Token {self.chart.token('bridge')}"}
        answer = requests.post(f"{self.chart.url}/tscharts/v1/image/", json=body, headers=headers, timeout=20)
        return int(answer.json()["id"])

    def held(self, name: str = NAME, practice: str = "clinic-a", content: bytes | None = None) -> Photo:
        """A photo that waits for a person from the beginning."""
        incoming = self.bridge.store.incoming()
        incoming.write(picture() if content is None else content)
        tags = parse_name(name)
        upload = NewUpload(practice, tags.name, Source.PHOTO_API, "image/jpeg", tags.captured_at)
        photo, _ = self.bridge.store.add(upload, incoming, hold=HOLD)
        return photo

    def actions(self) -> list[tuple[str, str | None, int | None, int | None, str]]:
        """What was noted, the oldest first: action, who, image, photo, reason."""
        records = noted(self.bridge.store)
        return [(each.action, each.who, each.image_id, each.photo_id, each.reason) for each in records]


def signed_in(
    bridge: Service, chart: SandboxServer, username: str = "nurse", password: str = "nurse-pass", prefix: str = ""
) -> DoingSite:
    """Somebody who has signed in through the bridge."""
    url = f"http://127.0.0.1:{bridge.web.port}{prefix}/api/v1/login/"
    answer = requests.post(url, json={"username": username, "password": password}, timeout=20)
    assert answer.status_code == 200, answer.text
    return DoingSite(bridge, chart, answer.json()["token"])
