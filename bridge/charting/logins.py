"""Signing in through the bridge: the chart judges, the bridge counts wrong guesses and learns whose the token is."""

import json
import logging
import unicodedata
from contextlib import closing
from typing import Any

from bridge.charting.access import Access
from bridge.charting.charts import Chart
from bridge.charting.guesses import DAY_SECONDS, PERIOD_SECONDS
from bridge.charting.messages import Asked, Reply, passed_on
from bridge.charting.refusals import RefusedError
from bridge.tscharts import RelayAnswer

_log = logging.getLogger(__name__)
_MOST_BYTES = 64 * 1024
_WRONG = frozenset({403, 500})
"""A wrong password or PIN; a PIN of an unknown user, or of one without (contract/tscharts.md, 23)."""

_TOO_MANY = "There were too many wrong passwords for this account, or from this network; wait an hour and try again."
_TOO_MANY_PINS = (
    "There were too many wrong PINs for this account; sign in with its password, or try the PIN again tomorrow."
)
_TOO_LARGE = "This is too large to be a username and a password."


class Logins:
    """`POST login/`. For any thread."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._guesses = access.guesses

    def answer(self, asked: Asked, chart: Chart) -> Reply:
        """The chart's answer. Raises RefusedError: 429 after too many wrong guesses, 403 for users who may not use the
        bridge, which only those hear whose password is right; ChartError.
        """
        if asked.body_bytes > _MOST_BYTES:
            raise RefusedError(413, _TOO_LARGE)
        username = _text(asked.body(), "username")
        answer = self._judged(asked, chart, f"{chart.key} {_folded(username or '')}")
        if answer.status != 200:
            return passed_on(answer, asked, chart.root)
        with closing(answer):
            return self._signed_in(answer, asked, chart, username)

    def _judged(self, asked: Asked, chart: Chart, account: str) -> RelayAnswer:
        """What the chart says, if this account and network are heard at all."""
        is_pin = _has_pin(asked.body())
        if is_pin and not self._guesses.has_pins_left(account):
            raise RefusedError(429, _TOO_MANY_PINS, ("Retry-After", str(DAY_SECONDS)))
        guess = self._guesses.begin(account, asked.network, is_pin=is_pin)
        if guess is None:
            raise RefusedError(429, _TOO_MANY, ("Retry-After", str(PERIOD_SECONDS)))
        is_wrong = False
        try:
            answer = chart.relay.open(asked.request(asked.body()))
            is_wrong = answer.status in _WRONG
            if is_wrong:
                _log.warning("event=chart-password-wrong")
            return answer
        finally:
            if not is_wrong:
                self._guesses.was_not_wrong(guess)

    def _signed_in(self, answer: RelayAnswer, asked: Asked, chart: Chart, username: str | None) -> Reply:
        body = answer.read(_MOST_BYTES)
        token = _text(body, "token")
        if token is not None:
            self._access.require(chart, username)
            if username is not None:
                self._access.learned(chart, token, username)
        return passed_on(answer, asked, chart.root).with_body((body,))


def _folded(username: str) -> str:
    """What all spellings have in common that a chart may take for the same account (contract, "Where the database
    matters").
    """
    letters = unicodedata.normalize("NFKD", username.casefold())
    return "".join(each for each in letters if not unicodedata.combining(each)).strip()


def _text(body: bytes, name: str) -> str | None:
    """A text in a JSON object; None when there is none. Python reads the bytes as tscharts, which is written in it."""
    text = _object(body).get(name)
    return text if isinstance(text, str) else None


def _has_pin(body: bytes) -> bool:
    """Whether a PIN is to be tried: tscharts takes numbers for it, too."""
    return "pin" in _object(body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
