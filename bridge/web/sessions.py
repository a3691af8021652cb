"""The session of who asks, as their browser's cookie keeps it: who they are, and the token of their forms."""

import hmac
import secrets
from typing import Any

from flask import request, session

from bridge.charting import RefusedError
from bridge.web.languages import N_
from bridge.web.returning import WANTED

VISITOR = "visitor"
ACCOUNT = "account"
"""Where the two records of a session stand."""

_CSRF = "csrf"
_NOT_OURS = N_("This form was open for too long, or came from elsewhere; go back, reload the page, and send it again.")


def session_records() -> list[dict[str, Any]]:
    """What is remembered of who asks, also of a session that has ended: as the bridge's visitor, and by account."""
    return [session[name] for name in (VISITOR, ACCOUNT) if name in session]


def sign_in_session(record: dict[str, Any]) -> None:
    """Make this browser's session a visitor's. What it held before is gone, its form token too; an account of the chart
    that signed in stands beside the bridge's own admin or a practice's people.
    """
    kind, other = (ACCOUNT, VISITOR) if "account" in record else (VISITOR, ACCOUNT)
    beside = {name: session[name] for name in (other, WANTED) if name in session}
    session.clear()
    session.permanent = True
    session.update({kind: record} | beside)


def csrf_token() -> str:
    """The session's own token, which its forms carry."""
    return str(session.setdefault(_CSRF, secrets.token_urlsafe(24)))


def is_own_form() -> bool:
    """Whether what was sent carries the token that this session was given: a form's `csrf`, or a script's `X-CSRF`."""
    given, own = request.headers.get("X-CSRF") or request.form.get("csrf", ""), session.get(_CSRF)
    return own is not None and hmac.compare_digest(given.encode("utf-8", "replace"), str(own).encode())


def require_own_form() -> None:
    """Raises RefusedError (400) for what another site, or nobody, sent."""
    if not is_own_form():
        raise RefusedError(400, _NOT_OURS)
