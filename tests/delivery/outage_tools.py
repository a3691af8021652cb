"""What the tests of outages share: a bridge whose photos all belong somewhere, a chart behind TLS, and its admin."""

import contextlib
import ipaddress
import socket
import sqlite3
import ssl
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from late_and_early import clinic_config

from bridge.config import load_config
from bridge.delivery import Courier, Deliverer, Pictures
from bridge.photos import PhotoState
from bridge.service import Service
from bridge.settings import Config
from bridge_runner import GUID
from phone import picture, post_photo, wait_until

PRACTICE = "clinic-a"
_PATIENTS = 12
_PIECE_BYTES = 65536


def name_of(number: int, days_ago: int = 0, kind: str = "x-ray") -> str:
    """The name of a photo of one of the chart's patients, taken in the first hour of a day."""
    day = datetime.now().replace(hour=0, minute=number // 60 % 60, second=number % 60) - timedelta(days=days_ago)
    return f"#{GUID}-#{number % _PATIENTS + 1}-#{kind}-{day:%d-%b-%Y-%H-%M-%S}.jpg"


def outage_config(folder: Path, chart_url: str, **changes: str) -> Config:
    """A config whose mapping files every day's photos; `account` and `chart` are other settings of the chart."""
    file = clinic_config(folder, chart_url).file
    text = file.read_text("utf-8")
    account = "username: bridge, password_file: chart-password"
    text = text.replace(account, changes.get("account", account))
    file.write_text(text.replace("read_timeout_seconds: 5", f"read_timeout_seconds: 5{changes.get('chart', '')}"))
    return load_config(file)


def send(bridge: Service, *numbers: int, days_ago: int = 0, kind: str = "x-ray") -> list[str]:
    """Send photos of these numbers, as a phone does, and be told that they are stored; gives their names."""
    names = [name_of(number, days_ago, kind) for number in numbers]
    for number, name in zip(numbers, names, strict=True):
        assert post_photo(bridge.web.port, name, picture(number)).status == 200
    return names


def trouble(bridge: Service, seconds: float = 10) -> str:
    """What stops the practice's deliveries, once something does."""
    wait_until(lambda: PRACTICE in bridge.store.troubles(), seconds)
    return bridge.store.troubles()[PRACTICE]


def flows(bridge: Service, number: int, seconds: float = 15) -> None:
    """Wait until so many photos are delivered and no trouble is left; none may be held."""
    wait_until(lambda: bridge.store.counts()[PhotoState.DELIVERED] == number, seconds)
    wait_until(lambda: bridge.store.troubles() == {})
    assert bridge.store.counts()[PhotoState.HELD] == 0


def told(caplog: pytest.LogCaptureFixture, event: str) -> int:
    """How often the log says that something happened to the practice."""
    return sum(record.getMessage().startswith(f"event={event} practice={PRACTICE}") for record in caplog.records)


@dataclass
class HandClock:
    """A clock that goes when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def deliverer_by(clock: HandClock, bridge: Service) -> Deliverer:
    """Another deliverer of a bridge's photos, that waits by a clock of its own and carries when it is asked to."""
    config = bridge.config
    pictures = Pictures(bridge.store, bridge.workshop, config.uploads.max_pixels, config.delivery.pdf_pages)
    desk = bridge._desk(config.practice(PRACTICE))
    courier = Courier(bridge.store, config.delivery, pictures)
    return Deliverer(bridge.store, {PRACTICE: desk}, config.delivery, courier, clock)


def as_charts_admin(database: Path, statement: str) -> None:
    """Change a row of a running chart, as its operator does."""
    with contextlib.closing(sqlite3.connect(database, timeout=10)) as connection, connection:
        assert connection.execute(statement).rowcount == 1


def certificate_file(folder: Path, from_days: float, until_days: float) -> Path:
    """A certificate of 127.0.0.1 that signs itself, with its key, in one file; valid between these days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"a chart from day {from_days} to day {until_days}")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + timedelta(days=from_days))
        .not_valid_after(now + timedelta(days=until_days))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"certificate-{certificate.serial_number}.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(certificate.public_bytes(Encoding.PEM) + secret)
    return file


class TlsFront:
    """A TLS server before a chart, whose certificate can be changed while it runs. A context manager."""

    def __init__(self, chart_port: int, certificate: Path) -> None:
        self._chart_port = chart_port
        self.show(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_error: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def show(self, certificate: Path) -> None:
        """Show this certificate from the next connection on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._context = context

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._carry, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _carry(self, connection: socket.socket) -> None:
        """Pass a connection's one request on to the chart, which closes after its answer, and that back."""
        connection.settimeout(5)
        with (
            connection,
            contextlib.suppress(OSError),
            self._context.wrap_socket(connection, server_side=True) as client,
            socket.create_connection(("127.0.0.1", self._chart_port), 5) as chart,
        ):
            _pass_request(client, chart)
            while piece := chart.recv(_PIECE_BYTES):
                client.sendall(piece)


def _pass_request(client: ssl.SSLSocket, chart: socket.socket) -> None:
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        head += _read(client, 1)
    chart.sendall(head)
    lines = head.decode("latin-1").lower().split("\r\n")
    left = sum(int(line.partition(":")[2]) for line in lines if line.startswith("content-length:"))
    while left:
        piece = _read(client, min(left, _PIECE_BYTES))
        chart.sendall(piece)
        left -= len(piece)


def _read(client: ssl.SSLSocket, most_bytes: int) -> bytes:
    piece = client.recv(most_bytes)
    if not piece:
        raise ConnectionAbortedError("the client hung up")
    return piece
