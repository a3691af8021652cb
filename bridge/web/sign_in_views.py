"""Signing in with an account of the chart, by ticket, or by a practice's password; and out."""

from flask import Response, request

from bridge.charting import RefusedError
from bridge.secret import Secret
from bridge.web.frame import Frame, page, see_other
from bridge.web.guessing import PERIOD_SECONDS, Judgement
from bridge.web.languages import N_, _
from bridge.web.operations import Operations
from bridge.web.returning import is_expected, is_undone
from bridge.web.sessions import is_own_form, require_own_form, session_records, sign_in_session
from bridge.web.visitors import FrontDesk

_OLD_TICKET = N_(
    "This address was used already, or is older than ten minutes; run `tscharts-bridge pages` again for a new one."
)
_OLD_FORM = N_("This page was open for too long, or your browser takes no cookies; please type it once more.")
_NOT_HEARD = N_(
    "No password is looked at for now: too many wrong ones came in the last hour, for this clinic or from this "
    "network, perhaps from someone else; wait an hour, or ask the bridge's admin, who needs no password."
)
_WRONG = N_("This is not right; check the clinic's name and the password, or ask the clinic's admin.")
_WRONG_OF_ONE = N_("This is not the clinic's password; type it once more, or ask the clinic's admin.")
_ANSWERS = {
    Judgement.WRONG: (403, _WRONG),
    Judgement.TOO_MANY: (429, _NOT_HEARD),
    Judgement.BUSY: (503, N_("Several people are signing in just now; wait a few seconds and try again.")),
}
_AWAY = N_(
    "The chart server is away, so nobody can sign in with an account just now: your password was not looked at. Try "
    "again in a minute, and tell the clinic's admin if it goes on."
)
_ACCOUNT_ANSWERS = {
    400: N_("Type your username and your password; where the bridge serves several charts, the clinic's name too."),
    401: N_("The chart does not know this username with this password; check both, and whether capitals are on."),
    403: N_(
        "The password is right, but this account may not come in here; ask the clinic's admin to add it to "
        "`staff.allow` in the bridge's config, spelt as in the chart."
    ),
    404: N_("There is no clinic of this short name here; check it, or ask the clinic's admin."),
    429: N_("There were too many wrong passwords for this account, or from this network; wait an hour and try again."),
    502: _AWAY,
    503: _AWAY,
    504: _AWAY,
}
_BY_ACCOUNT = "account"
_ENDED = N_("Your session has ended; sign in again.")
_UNDONE = N_("Your session had ended, so what you sent last was not done; sign in again, and do it once more.")
_FIRST = N_("Sign in first; then the page that you asked for opens.")


def add_sign_in(frame: Frame, front_desk: FrontDesk, operations: Operations) -> None:
    """`/sign-in/` and `/sign-out/`."""
    signing_in = _SigningIn(frame, front_desk, operations)

    def sign_out() -> Response:
        if frame.visitor() is not None:
            require_own_form()
            frame.sign_out()
        return see_other("sign_in")

    frame.add_open("/sign-in/", "sign_in", signing_in.answer, "GET", "POST")
    frame.add_open("/sign-out/", "sign_out", sign_out, "POST")


class _SigningIn:
    """The sign-in page and what its forms do."""

    def __init__(self, frame: Frame, front_desk: FrontDesk, operations: Operations) -> None:
        self._frame = frame
        self._front_desk = front_desk
        self._operations = operations

    def answer(self) -> Response:
        if request.method == "POST":
            return self._by_form()
        if "ticket" in request.args and request.method == "GET":
            return self._by_ticket()
        home = self._frame.home()
        is_done = home != "sign_in" and request.args.get("with") != _BY_ACCOUNT
        return see_other(home) if is_done else self._page()

    def _by_ticket(self) -> Response:
        """HEAD uses no ticket up, nor does a browser that looks ahead."""
        if request.headers.get("Sec-Purpose", "").startswith("prefetch"):
            return Response(status=503)
        record = self._front_desk.record_for_ticket(Secret(request.args["ticket"]))
        if record is None:
            return self._page(403, _(_OLD_TICKET))
        sign_in_session(record)
        return self._frame.going_on("phones")

    def _by_form(self) -> Response:
        if not is_own_form():
            return self._page(400, _(_OLD_FORM))
        return self._by_account() if request.form.get("with") == _BY_ACCOUNT else self._by_password()

    def _by_account(self) -> Response:
        practice, username = (request.form.get(name, "").strip() for name in ("practice", "username"))
        password = Secret(request.form.get("password", ""))
        try:
            account = self._operations.sign_in(practice or None, username, password, self._frame.network())
        except RefusedError as error:
            said = _ACCOUNT_ANSWERS.get(error.status)
            response = self._page(error.status, _(said) if said else error.said_by(_), username)
            response.headers.extend([each for each in error.headers if each[0] == "Retry-After"])
            return response
        sign_in_session(self._front_desk.record_for_account(account))
        return self._frame.going_on()

    def _by_password(self) -> Response:
        practice = self._front_desk.only_practice or request.form.get("practice", "").strip()
        judgement = self._front_desk.judge(practice, Secret(request.form.get("password", "")), self._frame.asker())
        if judgement is Judgement.RIGHT:
            sign_in_session(self._front_desk.record_for_practice(practice))
            return self._frame.going_on("phones")
        status, sentence = _ANSWERS[judgement]
        if judgement is Judgement.WRONG and self._front_desk.only_practice:
            sentence = _WRONG_OF_ONE
        response = self._page(status, _(sentence))
        if judgement is Judgement.TOO_MANY:
            response.headers["Retry-After"] = str(PERIOD_SECONDS)
        return response

    def _page(self, status: int = 200, sentence: str = "", username: str = "") -> Response:
        return page(
            "sign_in.html",
            status,
            sentence=sentence,
            notice="" if sentence else self._notice(),
            username=username,
            takes_passwords=self._front_desk.takes_passwords,
            asks_practice=self._front_desk.only_practice is None,
            asks_chart=self._operations.has_several_charts,
        )

    def _notice(self) -> str:
        """Why people find themselves here, who were at another page a moment ago, or wanted to be."""
        if self._frame.visitor() is not None:
            return ""
        if session_records():
            return _(_UNDONE if is_undone() else _ENDED)
        return _(_FIRST) if is_expected() else ""
