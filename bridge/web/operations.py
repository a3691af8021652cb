"""What staff look up and do: the operations of the JSON door, asked in the same process, by the same rules.

Knows no web framework. Nothing is decided here: who may do what, what fits, and what is noted, the operation does.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

from bridge.charting import Access, Caller, Chart, Charts, Operation, Question, RefusedError, Reply, answer
from bridge.secret import Secret
from bridge.web.staff import SignedIn, Staff

_NO_CLINIC = "This bridge serves several charts; type the clinic's short name too."
_NO_SUCH_CLINIC = "There is no clinic of this short name here; check it, or ask the bridge's admin."
_GONE = "The chart that you signed in to is not served here any more; sign in again."


class Operations:
    """The operations over the bridge's charts. For any thread."""

    def __init__(self, operations: Iterable[Operation], charts: Charts, access: Access) -> None:
        self._operations = {each.name: each for each in operations}
        self._charts = charts
        self._access = access

    @property
    def has_several_charts(self) -> bool:
        """Whether people have to say whose chart they sign in to."""
        return len(list(self._charts)) > 1

    def do(
        self,
        staff: Staff,
        name: str,
        *,
        path: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, Any] | None = None,
        network: str = "unknown",
    ) -> Any:
        """Do the operation of this name (`findPatients`) and give its answer: plain dicts and lists, as in its JSON,
        or None where it answers without a body. Of `query`, what is None is left out. Raises RefusedError; LookupError
        when there is no such operation.
        """
        reply = self._answer(staff, name, _texts(path), _texts(query), body=body or {}, network=network)
        with closing(reply):
            content = b"".join(reply.pieces)
        return json.loads(content) if content else None

    def reply(
        self,
        staff: Staff,
        name: str,
        *,
        path: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The whole answer of an operation that gives bytes; `headers` are those of the request, for ETags and ranges.
        To be closed. Raises as `do`.
        """
        return self._answer(staff, name, _texts(path), _texts(query), headers=headers or {})

    def sign_in(self, practice: str | None, username: str, password: Secret, network: str) -> SignedIn:
        """A chart account, when the chart and `staff.allow` let it in. `practice` says which chart where there are
        several. Raises RefusedError: 400, 401 for a wrong password, 403 for an account that may not come in, 404, 429,
        502 or 504 for a chart that is away.
        """
        chart = self._chart_of(practice)
        body = json.dumps({"username": username, "password": password.reveal()}).encode()
        question = Question(body=lambda: body, network=network)
        with closing(answer(self._operations["logIn"], chart, self._access, question)) as reply:
            given = json.loads(b"".join(reply.pieces))
        return SignedIn(given["username"], chart.key, Secret(given["token"]))

    def staff(self, account: SignedIn) -> Staff | None:
        """Who an account is here, by the config and by whom the chart gave its token; None when they may not come in
        any more, or the chart does not accept the token, which it is asked once a minute. While it does not answer,
        they stay.
        """
        chart = self._chart(account.chart_key)
        if chart is None:
            return None
        try:
            caller = self._access.caller(chart, account.authorization)
            self._access.require(chart, caller.username if caller else None)
        except RefusedError:
            return None
        return _staff(account, caller, chart) if caller and self._is_accepted(account, chart) else None

    def _is_accepted(self, account: SignedIn, chart: Chart) -> bool:
        try:
            return self._access.is_good(chart, account.authorization)
        except RefusedError:
            return True

    def _answer(
        self,
        staff: Staff,
        name: str,
        path: Mapping[str, str],
        query: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        network: str = "unknown",
    ) -> Reply:
        chart = self._chart(staff.account.chart_key)
        if chart is None:
            raise RefusedError(401, _GONE)
        question = Question(
            authorization=staff.account.authorization,
            path=path,
            query=query.items(),
            headers=headers or {},
            body=lambda: json.dumps(body or {}).encode(),
            network=network,
        )
        return answer(self._operations[name], chart, self._access, question)

    def _chart(self, key: str) -> Chart | None:
        return next((each for each in self._charts if each.key == key), None)

    def _chart_of(self, practice: str | None) -> Chart:
        if not self.has_several_charts:
            return next(iter(self._charts))
        if not practice:
            raise RefusedError(400, _NO_CLINIC)
        found = [each for each in self._charts if practice in each.practices]
        if not found:
            raise RefusedError(404, _NO_SUCH_CLINIC)
        return found[0]


def _staff(account: SignedIn, caller: Caller, chart: Chart) -> Staff:
    return Staff(account, caller.is_named, caller.is_admin, chart.practices)


def _texts(values: Mapping[str, object] | None) -> dict[str, str]:
    """Values as they stand in an address."""
    words = {True: "true", False: "false"}
    given = {name: value for name, value in (values or {}).items() if value is not None}
    return {name: words[value] if isinstance(value, bool) else str(value) for name, value in given.items()}
