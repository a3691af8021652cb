"""Staff who signed in with their account of the chart, and how a cookie keeps that: sealed, for this bridge alone."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bridge.secret import Secret

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


@dataclass(frozen=True)
class SignedIn:
    """An account of the chart (`chart_key` tells charts apart) and its token, which never ends by itself."""

    username: str
    chart_key: str
    token: Secret

    @property
    def authorization(self) -> str:
        """The header that the chart wants. To be handed on at the last moment and never kept."""
        return f"Token {self.token.reveal()}"


@dataclass(frozen=True)
class Staff:
    """Somebody with an account of the chart. `is_named`: the bridge's config names them; `is_admin`: as one of
    `staff.admins`. `practices` are those of their chart.
    """

    account: SignedIn
    is_named: bool
    is_admin: bool
    practices: frozenset[str]

    @property
    def username(self) -> str:
        """The name of the account, as it was typed."""
        return self.account.username

    @property
    def chart_key(self) -> str:
        """What tells their chart from others."""
        return self.account.chart_key

    @property
    def token(self) -> Secret:
        """The account's token."""
        return self.account.token


class Seal:
    """Seals accounts for a cookie (Fernet: AES-CBC and HMAC). Whoever has the cookie cannot read the token in it; any
    bridge with the same key of 32 bytes can. `now` gives seconds since 1970.
    """

    def __init__(self, key: bytes, seconds: int, now: Callable[[], float]) -> None:
        self._key = key
        self._seconds = seconds
        self._now = now

    def sealed(self, account: SignedIn) -> str:
        """An account as a text."""
        members = [account.username, account.chart_key, account.token.reveal()]
        return self._fernet.encrypt_at_time(json.dumps(members).encode(), int(self._now())).decode()

    def opened(self, text: str) -> SignedIn | None:
        """The account in such a text, None when it is none of ours, or too old."""
        from cryptography.fernet import InvalidToken

        try:
            content = self._fernet.decrypt_at_time(text.encode(), ttl=self._seconds, current_time=int(self._now()))
        except InvalidToken:
            return None
        username, chart_key, token = json.loads(content)
        return SignedIn(username, chart_key, Secret(token))

    @cached_property
    def _fernet(self) -> "Fernet":
        """Made when the first account is signed in: a bridge starts sooner without its library."""
        from cryptography.fernet import Fernet

        return Fernet(base64.urlsafe_b64encode(self._key))
