"""A certificate and its key: made, read and checked."""

import contextlib
import ipaddress
import os
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bridge.tls.settings import TlsError, TlsSettings

_LARGEST_BYTES = 1024 * 1024
_MOST_DAYS = 3650
_KEY_BLOCK = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)
_HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*", re.IGNORECASE)


@dataclass(frozen=True)
class Pair:
    """A certificate, and what makes connections with it and its key."""

    settings: TlsSettings
    certificate: x509.Certificate
    context: ssl.SSLContext

    def check_time(self, now: datetime) -> None:
        """Raises TlsError when the certificate is not valid at this time."""
        file, begins, ends = self.settings.certificate_file, self.certificate.not_valid_before_utc, self.ends_at
        if now > ends:
            raise TlsError(f"The certificate in {file} ran out on {ends:%Y-%m-%d}; renew it.")
        if now < begins:
            raise TlsError(f"The certificate in {file} begins on {begins:%Y-%m-%d}; check the clock of this machine.")

    @property
    def ends_at(self) -> datetime:
        """When the certificate runs out."""
        return self.certificate.not_valid_after_utc


def make_self_signed(settings: TlsSettings, names: Sequence[str], days: int = 825) -> str:
    """Make a new key and a certificate for these host names and IP addresses; gives its fingerprint.

    The key file can be read by its owner alone (on Windows, as its folder says). Apple's phones take no certificate
    for more than 825 days. Raises TlsError, also when one of the files exists: nothing is overwritten.
    """
    if not names or not 1 <= days <= _MOST_DAYS:
        raise TlsError(f"A certificate needs at least one host name or IP address, and 1 to {_MOST_DAYS} days.")
    for file in (settings.certificate_file, settings.key_file):
        if file.exists():
            raise TlsError(f"{file} exists already; move it away first, or choose another folder.")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _self_signed(key, [_alternative(name) for name in names], days)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_new(settings.key_file, private, 0o600)
    _write_new(settings.certificate_file, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    return fingerprint(settings.certificate_file)


def fingerprint(certificate_file: Path) -> str:
    """The SHA-256 of a certificate as people compare it: `AB:CD:…`, 32 pairs. Raises TlsError."""
    return _certificate(certificate_file).fingerprint(hashes.SHA256()).hex(":").upper()


def check_pair(settings: TlsSettings, now: datetime | None = None) -> None:
    """Whether a server can show this certificate at this time. Raises TlsError with what is wrong, in one sentence."""
    load_pair(settings).check_time(now or datetime.now(UTC))


def load_pair(settings: TlsSettings) -> Pair:
    """Read both files. Raises TlsError when one is unusable, the two do not fit, or they are too weak for TLS."""
    certificate = _certificate(settings.certificate_file)
    if _key(settings.key_file).public_key() != certificate.public_key():
        raise TlsError(
            f"The key in {settings.key_file} is not that of the certificate in {settings.certificate_file}; "
            "name two files that were made together."
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(settings.certificate_file, settings.key_file, password="")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        raise TlsError(
            f"The certificate in {settings.certificate_file} cannot be used for HTTPS ({reason}); make a new pair."
        ) from error
    return Pair(settings, certificate, context)


def _certificate(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(_read(file, "certificate"))
    except (ValueError, UnsupportedAlgorithm):
        raise TlsError(f"{file} holds no certificate in PEM form (`BEGIN CERTIFICATE`); export it so.") from None


def _key(file: Path) -> PrivateKeyTypes:
    block = _KEY_BLOCK.search(_read(file, "key"))
    if block is None:
        raise TlsError(f"{file} holds no private key in PEM form (`BEGIN PRIVATE KEY`); export it so.")
    try:
        return serialization.load_pem_private_key(block[0], password=None)
    except TypeError:
        raise TlsError(f"The key in {file} has a password, which nobody can type here; save it without one.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise TlsError(f"The key in {file} is damaged, or of a kind unknown here; make a new pair.") from None


def _read(file: Path, what: str) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_LARGEST_BYTES)
    except FileNotFoundError:
        raise TlsError(f"The {what} file {file} does not exist; check its path.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file can have this name"
        raise TlsError(f"The {what} file {file} cannot be read ({reason}); check it and its permissions.") from None


def _self_signed(key: ec.EllipticCurvePrivateKey, names: list[x509.GeneralName], days: int) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tscharts image bridge")])
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(an_hour_ago)
        .not_valid_after(an_hour_ago + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, hashes.SHA256())


def _alternative(name: str) -> x509.GeneralName:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(name))
    with contextlib.suppress(ValueError):
        ascii_name = name.encode("idna").decode()
        if len(ascii_name) < 254 and _HOST_NAME.fullmatch(ascii_name):
            return x509.DNSName(ascii_name)
    raise TlsError(f"`{name}` is neither a host name nor an IP address; write it as clinic.local or 192.168.1.20.")


def _write_new(file: Path, content: bytes, mode: int) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        with os.fdopen(handle, "wb") as new:
            new.write(content)
    except OSError as error:
        raise TlsError(f"{file} cannot be written ({error.strerror}); choose another folder.") from error
