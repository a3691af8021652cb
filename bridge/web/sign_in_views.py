"""Signing in by ticket or by a practice's password, and out."""

from flask import Response, request

from bridge.secret import Secret
from bridge.web.frame import Frame, is_own_form, page, see_other, sign_in_session
from bridge.web.guessing import PERIOD_SECONDS, Judgement
from bridge.web.visitors import FrontDesk, Visitor

_OLD_TICKET = (
    "This address was used already, or is older than ten minutes; run `tscharts-bridge pages` again for a new one."
)
_OLD_FORM = "This page was open for too long, or your browser takes no cookies; please type it once more."
_NOT_HEARD = (
    "No password is looked at for now: too many wrong ones came in the last hour, for this clinic or from this "
    "network, perhaps from someone else; wait an hour, or ask the bridge's admin, who needs no password."
)
_ANSWERS = {
    Judgement.WRONG: (403, "This is not right; check the clinic's name and the password, or ask the clinic's admin."),
    Judgement.TOO_MANY: (429, _NOT_HEARD),
    Judgement.BUSY: (503, "Several people are signing in just now; wait a few seconds and try again."),
}


def add_sign_in(frame: Frame, front_desk: FrontDesk) -> None:
    """`/sign-in/` and `/sign-out/`."""

    def sign_in() -> Response:
        if request.method == "POST":
            return _by_password(frame, front_desk)
        if "ticket" in request.args and request.method == "GET":
            return _by_ticket(front_desk)
        return see_other("phones") if frame.visitor() else _form(front_desk)

    def sign_out(_visitor: Visitor) -> Response:
        frame.sign_out()
        return see_other("sign_in")

    frame.add_open("/sign-in/", "sign_in", sign_in, "GET", "POST")
    frame.add("/sign-out/", "sign_out", sign_out, "POST")


def _by_ticket(front_desk: FrontDesk) -> Response:
    """HEAD uses no ticket up, nor does a browser that looks ahead."""
    if request.headers.get("Sec-Purpose", "").startswith("prefetch"):
        return Response(status=503)
    record = front_desk.record_for_ticket(Secret(request.args["ticket"]))
    if record is None:
        return _form(front_desk, 403, _OLD_TICKET)
    sign_in_session(record)
    return see_other("phones")


def _by_password(frame: Frame, front_desk: FrontDesk) -> Response:
    if not is_own_form():
        return _form(front_desk, 400, _OLD_FORM)
    practice = front_desk.only_practice or request.form.get("practice", "").strip()
    judgement = front_desk.judge(practice, Secret(request.form.get("password", "")), frame.asker())
    if judgement is Judgement.RIGHT:
        sign_in_session(front_desk.record_for_practice(practice))
        return see_other("phones")
    response = _form(front_desk, *_ANSWERS[judgement])
    if judgement is Judgement.TOO_MANY:
        response.headers["Retry-After"] = str(PERIOD_SECONDS)
    return response


def _form(front_desk: FrontDesk, status: int = 200, sentence: str = "") -> Response:
    return page(
        "sign_in.html",
        status,
        sentence=sentence,
        takes_passwords=front_desk.takes_passwords,
        asks_practice=front_desk.only_practice is None,
    )
