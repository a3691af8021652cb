"""Passwords that people share for the bridge's pages: kept as scrypt hashes, and never shown."""

import re

from werkzeug.security import check_password_hash, generate_password_hash

from bridge.errors import BridgeError
from bridge.secret import Secret

SHORTEST = 8
LONGEST = 200
_METHOD = "scrypt:32768:8:1"
_HASH = re.compile(rf"{_METHOD}\$[A-Za-z0-9]{{8,64}}\$[0-9a-f]{{128}}", re.ASCII)
_NOBODYS = f"{_METHOD}$nobodyspassword$" + "0" * 128
"""As costly to check as any, and no password has it."""


class PasswordRefusedError(BridgeError):
    """This password cannot be used; choose one of 8 to 200 letters, digits and signs."""


def hashed(password: Secret) -> str:
    """The hash to keep of a password. Raises PasswordRefusedError. It takes about a tenth of a second and 32 MiB."""
    text = password.reveal()
    if not SHORTEST <= len(text) <= LONGEST or not text.strip() or not text.isprintable():
        raise PasswordRefusedError
    return generate_password_hash(text, _METHOD)


def is_hash(text: str) -> bool:
    """Whether `hashed` made this. Others are not taken: a hash also says how much work it is to check."""
    return _HASH.fullmatch(text) is not None


def is_password(password: Secret, kept: str | None) -> bool:
    """Whether a hash is of this password. Without a hash it is not, and takes as long to say so."""
    text = password.reveal()
    if len(text) > LONGEST:
        return False
    return check_password_hash(kept or _NOBODYS, text) and kept is not None
