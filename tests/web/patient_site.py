"""A whole bridge in front of a chart with invented people, and a nurse who looks at its pages."""

import contextlib
import html
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests
from page_site import Browser

from bridge.sandbox import SandboxServer, default_seed
from bridge.service import Service
from bridge_runner import make_config, running_bridge
from noted import noted
from phone import Answer, picture

NURSE, HER_PASSWORD = "nurse", "nurse-pass"
NAMED = f"staff: {{allow: [{NURSE}]}}"
HOSTILE = '<img src=x onerror="alert(1)"> & "Co"'
TWINS = 20
"""How many patients have the family name Sarmiento: more than are shown at once."""


@dataclass(frozen=True)
class PatientSite:
    """The bridge, and the chart behind it."""

    bridge: Service
    chart: SandboxServer

    def nurse(self, language: str = "en") -> Browser:
        """Her browser, signed in with her account of the chart."""
        browser = Browser(self.bridge.web.port)
        browser.cookies["language"] = language
        fields = {"csrf": browser.csrf(), "with": "account", "username": NURSE, "password": HER_PASSWORD}
        assert browser.post("/sign-in/", fields).status == 303
        return browser

    def put(self, number: int, patient: int, kind: str = "Surgery", **fields: Any) -> int:
        """File a picture; see `put`."""
        return put(self.chart, number, patient, kind, **fields)

    def noted(self, action: str) -> list[tuple[str | None, int | None, str]]:
        """What was noted of this, the oldest first: who, which image, why."""
        records = noted(self.bridge.store, action=action)
        return [(each.who, each.image_id, each.reason) for each in records]


def put(chart: SandboxServer, number: int, patient: int, kind: str = "Surgery", **fields: Any) -> int:
    """File a picture as a tablet does; `number` makes its pixels, `data` (text) stands for them. Its number there."""
    data = b64encode(picture(number, fields.pop("size", (64, 48)))).decode()
    body = {"patient": patient, "type": kind, "data": data} | fields
    headers = {"Authorization": f"Token {chart.token('bridge')}"}
    answer = requests.post(f"{chart.url}/tscharts/v1/image/", json=body, headers=headers, timeout=20)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["id"])


@contextlib.contextmanager
def patient_site(folder: Path, staff: str = NAMED) -> Iterator[PatientSite]:
    """A bridge that serves until the block ends."""
    with SandboxServer(_seed()) as chart, running_bridge(make_config(folder, chart.url, more=staff)) as bridge:
        yield PatientSite(bridge, chart)


def _seed() -> Any:
    seed = default_seed()
    like = seed.rows["patients"][0]
    odd = {**like, "id": 500, "first": HOSTILE, "paternal_last": "Hostil", "oldid": -1, "curp": ""}
    twins = [
        {**like, "id": 600 + each, "first": "Noe", "paternal_last": "Sarmiento", "oldid": -1, "curp": ""}
        for each in range(TWINS)
    ]
    return replace(seed, rows={**seed.rows, "patients": (*seed.rows["patients"], odd, *twins)})


def text_of(answer: Answer) -> str:
    """What a page says, without its tags."""
    content = answer.body.decode().partition("<main")[2].partition("</main>")[0].partition(">")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", content)).split())


def links(answer: Answer, pattern: str) -> list[str]:
    """The addresses of a page's links that match, in their order."""
    found = [html.unescape(each) for each in re.findall(r'<a [^>]*href="([^"]*)"', answer.body.decode())]
    return [each for each in found if re.fullmatch(pattern, each)]


def images(answer: Answer) -> list[dict[str, str]]:
    """The attributes of a page's pictures, in their order."""
    tags = re.findall(r"<img ([^>]*)>", answer.body.decode())
    return [{name: html.unescape(value) for name, value in re.findall(r'([a-z]+)="([^"]*)"', tag)} for tag in tags]
