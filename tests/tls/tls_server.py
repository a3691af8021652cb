"""A small application under HTTPS, its clients, and certificates to spoil and renew."""

import contextlib
import hashlib
import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import requests
from cheroot.wsgi import Server
from cryptography.hazmat.primitives import serialization
from flask import Flask, request

from bridge.http_request import Connection
from bridge.tls import ReloadingAdapter, TlsSettings, make_self_signed

NAMES = ["localhost", "127.0.0.1", "::1", "clinic.local"]
THREADS = 60
complaints: list[str] = []
"""What cheroot complained of."""


class _Server(Server):
    """cheroot with the bridge's connections; it keeps what cheroot complains of."""

    ConnectionClass = Connection

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        """Keep it."""
        complaints.append(msg)


@dataclass(frozen=True)
class Served:
    """A small application under HTTPS."""

    port: int
    adapter: ReloadingAdapter
    settings: TlsSettings

    def get(self, path: str = "/") -> requests.Response:
        """One request on a connection of its own, by a client that trusts the certificate file alone."""
        with requests.Session() as session:
            session.trust_env = False
            return session.get(
                f"https://localhost:{self.port}{path}", verify=str(self.settings.certificate_file), timeout=5
            )

    def connect(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)


def _app() -> Flask:
    app = Flask("tls-test")

    @app.get("/")
    def scheme() -> str:
        return request.scheme

    @app.post("/")
    def echo() -> str:
        return hashlib.sha256(request.get_data()).hexdigest()

    return app


@contextlib.contextmanager
def serving(settings: TlsSettings, *, timeout_seconds: int = 10, look_seconds: float = 600) -> Iterator[Served]:
    """The application, served until the block ends."""
    server = _Server(
        ("127.0.0.1", 0),
        _app(),
        numthreads=THREADS,
        max=THREADS,
        timeout=timeout_seconds,
        request_queue_size=512,
        shutdown_timeout=1,
    )
    server.expiration_interval = 0.05
    server.ssl_adapter = ReloadingAdapter(settings, look_seconds)
    complaints.clear()
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield Served(server.bind_addr[1], server.ssl_adapter, settings)
    finally:
        server.stop()
        thread.join()


def client_context() -> ssl.SSLContext:
    """A client's context that trusts everyone."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def shown(port: int) -> str:
    """The fingerprint of the certificate that a new connection is shown."""
    bare = socket.create_connection(("127.0.0.1", port), timeout=5)
    with bare, client_context().wrap_socket(bare) as secure:
        der = secure.getpeercert(binary_form=True)
    return hashlib.sha256(der or b"").hexdigest().upper()


def plain(colons: str) -> str:
    """A fingerprint without its colons."""
    return colons.replace(":", "")


def renew(settings: TlsSettings) -> str:
    """Put a new pair in the place of the old one, as renewal tools do; gives its fingerprint."""
    new = TlsSettings.in_folder(settings.key_file.parent / "new")
    mark = make_self_signed(new, NAMES)
    new.key_file.replace(settings.key_file)
    new.certificate_file.replace(settings.certificate_file)
    return mark


def missing(pair: TlsSettings) -> None:
    """The key file is gone."""
    pair.key_file.unlink()


def no_certificate(pair: TlsSettings) -> None:
    """The certificate is none."""
    pair.certificate_file.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")


def no_key(pair: TlsSettings) -> None:
    """The key file holds the certificate."""
    shutil.copy(pair.certificate_file, pair.key_file)


def damaged_key(pair: TlsSettings) -> None:
    """Letters of the key are changed."""
    pair.key_file.write_text(pair.key_file.read_text().replace("M", "N", 3))


def mismatched(pair: TlsSettings) -> None:
    """The key is that of another pair."""
    other = TlsSettings.in_folder(pair.key_file.parent / "other")
    make_self_signed(other, NAMES)
    other.key_file.replace(pair.key_file)


def encrypted(pair: TlsSettings) -> None:
    """The key has a password."""
    key = serialization.load_pem_private_key(pair.key_file.read_bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )
    pair.key_file.write_bytes(locked)


def folder_instead(pair: TlsSettings) -> None:
    """A folder stands where the certificate should."""
    pair.certificate_file.unlink()
    pair.certificate_file.mkdir()
