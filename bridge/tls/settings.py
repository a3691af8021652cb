"""Which certificate, and what is told when it cannot be used."""

from dataclasses import dataclass
from pathlib import Path

from bridge.errors import BridgeError


class TlsError(BridgeError):
    """The certificate and its key cannot be used; check both files, or make a new pair."""


@dataclass(frozen=True)
class TlsSettings:
    """The files of a certificate (with those between it and its issuer after it) and of its key, both PEM."""

    certificate_file: Path
    key_file: Path

    @classmethod
    def in_folder(cls, folder: Path) -> "TlsSettings":
        """Where a pair made for a folder stands in it."""
        return cls(folder / "certificate.pem", folder / "key.pem")
