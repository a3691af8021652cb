"""What the tests of order and late arrivals share: photos that are told by their pixels, and a clinic without days."""

import base64
import io
from datetime import datetime
from pathlib import Path

from PIL import Image

from bridge.photos import Photo, PhotoState
from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge.settings import Config
from bridge_runner import GUID, make_config
from phone import picture, post_photo, wait_until

QUICK = "retry_first_seconds: 0.1, retry_longest_seconds: 1"


def clinic_config(
    folder: Path, chart_url: str, more: str = "", *, retry: str = QUICK, late_headshots: str = "hold"
) -> Config:
    """A config whose mapping files every day's photos at clinic 2; `more` are delivery settings."""
    config = make_config(folder, chart_url, delivery=f"{retry}{more}")
    file = folder / "thousand-smiles.yaml"
    text, _, _examples = file.read_text("utf-8").replace("\nclinic: today\n", "\nclinic: 2\n").partition("\nexamples:")
    file.write_text(text.replace("\nlate_headshots: hold\n", f"\nlate_headshots: {late_headshots}\n"), "utf-8")
    return config


def send(bridge: Service, words: str, at: datetime, number: int) -> str:
    """Send a photo taken at a time by the phone, which shows a number; gives its name."""
    name = f"#{GUID}-{words}-{at:%d-%b-%Y-%H-%M-%S}.jpg"
    assert post_photo(bridge.web.port, name, picture(number)).status == 200
    return name


def photo(bridge: Service, name: str) -> Photo:
    """The one photo of a name."""
    (found,) = bridge.store.photos_named(name)
    return found


def settled(bridge: Service, name: str) -> Photo:
    """The photo, once it is delivered or held."""
    wait_until(lambda: photo(bridge, name).state in (PhotoState.DELIVERED, PhotoState.HELD))
    return photo(bridge, name)


def all_delivered(bridge: Service, number: int, seconds: float = 30) -> None:
    """Wait until so many photos are delivered."""
    wait_until(lambda: bridge.store.counts()[PhotoState.DELIVERED] == number, seconds)


def chart_is_back(bridge: Service, chart: SandboxServer) -> None:
    """End the chart's faults, at a moment when no photo is on its way that was claimed before others came."""
    wait_until(lambda: not bridge.store.counts()[PhotoState.SENDING])
    chart.faults.clear()


def number_in(data: str) -> int:
    """The number that a picture's squares write."""
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        grey = image.convert("L").resize((8, 6), Image.Resampling.BOX)
    return sum((level > 127) << bit for bit, level in enumerate(grey.tobytes()))


def arrived(chart: SandboxServer, patient: int | None = None) -> list[int]:
    """The numbers of the images in the chart, in the order of their arrival there."""
    images = sorted(chart.images(), key=lambda image: image.id)
    return [number_in(image.data or "") for image in images if patient in (None, image.patient)]
