"""`demo`: a chart sandbox, a bridge, and a photo sent through, on this machine alone."""

import contextlib
import io
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from PIL import Image, ImageDraw

from bridge.cli.serving import stop_signals, wait_for
from bridge.cli.starter import NewBridge, write_files
from bridge.config import load_config
from bridge.errors import BridgeError
from bridge.logs import start_logging
from bridge.medimage import PhotoServer, new_guid
from bridge.network import free_port
from bridge.photos import Receipt
from bridge.sandbox import SandboxServer
from bridge.service import Service

_PORT = 5566
_PATIENT = "123"
_USER, _PASS = "bridge", "bridge-pass"
_NURSE, _NURSE_PASS = "nurse", "nurse-pass"
_ZONE = "America/Los_Angeles"
_LONGEST_SECONDS = 20.0


@click.command()
@click.option("--once", is_flag=True, help="Send one photo, print its receipt, and end.")
def demo(once: bool) -> None:
    """Try the bridge: starts a chart sandbox and a bridge here, and sends a photo through."""
    start_logging("error", None)
    stopped = stop_signals()
    with tempfile.TemporaryDirectory(prefix="tscharts-bridge-demo-") as folder, SandboxServer() as chart:
        click.echo(f"1. The chart sandbox answers at {chart.url}, with invented patients.")
        with _running(Path(folder), chart) as (service, server):
            click.echo(f"2. The bridge listens at {server.base}; its clinic is `demo`.")
            _show_one_photo(Path(folder), service, server)
            if not once:
                _hold_one_photo(Path(folder), service, server)
                _show_what_next(chart, server)
                wait_for(stopped)


@contextlib.contextmanager
def _running(folder: Path, chart: SandboxServer) -> Iterator[tuple[Service, PhotoServer]]:
    bridge = NewBridge(
        practice="demo",
        time_zone=_ZONE,
        chart_url=chart.url,
        username=_USER,
        password=_PASS,
        port=free_port(_PORT),
        guid=new_guid(),
        host="127.0.0.1",
        staff=(_USER, _NURSE),
        admins=(_USER,),
    )
    service = Service(load_config(write_files(folder, bridge)))
    service.start()
    try:
        yield service, PhotoServer(f"http://127.0.0.1:{service.web.port}", bridge.guid)
    finally:
        service.stop()


def _show_one_photo(folder: Path, service: Service, server: PhotoServer) -> None:
    file = folder / "photo.jpg"
    file.write_bytes(_picture())
    name = server.photo_name([_PATIENT, "Headshot"], datetime.now(ZoneInfo(_ZONE)), ".jpg")
    started = time.monotonic()
    server.send(file, name)
    click.echo(f"3. A phone sent {name} ({file.stat().st_size:,} bytes); the bridge stored it.")
    receipt = _receipt(service, server, name)
    seconds = time.monotonic() - started
    click.echo(f"4. It is in the chart after {seconds:.2f} s, read back and compared; the phone may forget it.")
    target = receipt.target
    click.echo(
        f"5. Receipt: chart image {receipt.image_id}, patient {target.patient}, {target.type}, "
        f"{_named('clinic', target.clinic)}, {_named('station', target.station)}, sha256 {receipt.data_sha256}"
    )


def _hold_one_photo(folder: Path, service: Service, server: PhotoServer) -> None:
    name = server.photo_name(["x-ray"], datetime.now(ZoneInfo(_ZONE)), ".jpg")
    server.send(folder / "photo.jpg", name)
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not any(photo.hold for photo in service.store.photos_named(name)) and time.monotonic() < deadline:
        time.sleep(0.05)
    click.echo(f"6. A phone sent {name}, which says no patient: it is held until a person says whose it is.")


def _named(what: str, number: int | None) -> str:
    return f"no {what}" if number is None else f"{what} {number}"


def _receipt(service: Service, server: PhotoServer, name: str) -> Receipt:
    """Ask `/check=` as a phone does until it says that the photo is in the chart."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < deadline:
        if server.is_in_chart(name):
            (photo,) = service.store.photos_named(name)
            receipt = service.store.receipt(photo.id)
            if receipt is not None:
                return receipt
        time.sleep(0.05)
    held = [photo.hold.sentence for photo in service.store.photos_named(name) if photo.hold]
    raise BridgeError(f"The photo did not reach the chart: {held[0] if held else 'it is still on its way'}")


def _show_what_next(chart: SandboxServer, server: PhotoServer) -> None:
    click.echo("")
    click.echo(f"Open the pages in a browser of this machine: {server.base}/")
    click.echo(f"  sign in as {_NURSE}, password {_NURSE_PASS}, to find the held photo and patients' pictures,")
    click.echo(f"  or as {_USER}, password {_PASS}, who also sees who did what.")
    click.echo(f"Pair a phone app on this machine with   {server.base}/write/{server.guid}")
    click.echo("or send a picture of your own from another terminal:")
    click.echo(f"  tscharts-bridge send PICTURE.jpg --to {server.base}/write/{server.guid} --patient 5 --type x-ray")
    click.echo(f"The chart itself answers the same users at {chart.url}/tscharts/v1/")
    click.echo("Ctrl-C stops both and removes everything.")


def _picture() -> bytes:
    """A drawn face on a noisy ground, as a phone's JPEG would be."""
    picture = Image.effect_noise((1600, 1200), 40).convert("RGB")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((500, 200, 1100, 1000), fill=(224, 180, 150), outline=(90, 60, 40), width=8)
    draw.ellipse((650, 450, 720, 520), fill=(40, 40, 40))
    draw.ellipse((880, 450, 950, 520), fill=(40, 40, 40))
    draw.arc((650, 600, 950, 850), 20, 160, fill=(120, 30, 40), width=14)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
