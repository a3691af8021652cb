"""Calls to the chart server as one account: one token for all threads, one connection for each."""

import json
import threading
from typing import Any

from bridge.tscharts.account import ChartAccount
from bridge.tscharts.calls import Answer, Call
from bridge.tscharts.errors import ChartForbiddenError, ChartLoginError, ChartRefusedError
from bridge.tscharts.exchange import exchange
from bridge.tscharts.reading import read_json, read_record
from bridge.tscharts.records import Login
from bridge.tscharts.refusals import refusal
from bridge.tscharts.schemas import LoginSchema
from bridge.tscharts.wire import Cutter, Wires


class ChartSession:
    """Sends calls with the account's token and logs in when there is none or it is refused. For any thread."""

    def __init__(self, account: ChartAccount) -> None:
        self.account = account
        self._lock = threading.Lock()
        self._token = account.token.reveal() if account.token else None
        self._wires = Wires(account)
        self._cutter = Cutter()

    def answer(self, call: Call) -> Answer:
        """The answer to a call, whatever its status.

        After 401, which comes before anything is looked at or stored, it logs in and sends the same again, once.
        """
        token = self._token or self._new_token(refused=None)
        answer = exchange(call, token, self._wires.here(), self.account, self._cutter)
        if answer.status == 401 and not answer.is_page and self.account.password is not None:
            token = self._new_token(refused=token)
            answer = exchange(call, token, self._wires.here(), self.account, self._cutter)
        return answer

    def json(self, call: Call) -> Any:
        """The JSON of an answer with status 200. Any other answer is raised as the ChartError that it means."""
        return read_json(call, self.answer(call), self.account)

    def login(self) -> Login:
        """Log in now, and use the token from here on. Raises ChartLoginError when the password is not accepted."""
        with self._lock:
            return self._log_in()

    def close(self) -> None:
        """Close the connections that are kept open; a later call opens new ones."""
        self._wires.close()

    def cut(self) -> None:
        """End all requests at once, and for good: those under way, whatever they wait for, and any later one."""
        self._cutter.cut()

    def _new_token(self, refused: str | None) -> str:
        """A token other than the refused one: what another thread fetched meanwhile, or that of a new login."""
        with self._lock:
            if self._token is None or self._token == refused:
                self._log_in()
            return self._token or ""

    def _log_in(self) -> Login:
        call = _login_call(self.account)
        answer = exchange(call, None, self._wires.here(), self.account, self._cutter)
        if answer.status != 200:
            raise _login_error(call, answer, self.account)
        login: Login = read_record(LoginSchema(), read_json(call, answer, self.account), call)
        self._token = login.token.reveal()
        return login


def _login_call(account: ChartAccount) -> Call:
    if account.username is None or account.password is None:
        raise ChartLoginError("This chart account has a token alone; give a username and a password to log in.")
    body = json.dumps({"username": account.username, "password": account.password.reveal()}).encode()
    return Call("POST", "login/", body=body)


def _login_error(call: Call, answer: Answer, account: ChartAccount) -> Exception:
    """A wrong password is 403, an empty one 400, both without a page (contract/tscharts.md, "Authentication")."""
    error = refusal(call, answer, account)
    if isinstance(error, ChartForbiddenError | ChartRefusedError) and answer.status in (400, 403):
        return ChartLoginError(status=answer.status)
    return error
