"""What every page has: headers, a visitor who is signed in, forms that no other site can send, one layout."""

import hmac
import json
import logging
import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request, session, url_for
from werkzeug.exceptions import HTTPException

from bridge.admission import Admission
from bridge.asking import asker_of, network_of
from bridge.charting import RefusedError
from bridge.errors import BridgeError
from bridge.web.cookies import use_cookies
from bridge.web.languages import N_, _
from bridge.web.preferences import use_preferences
from bridge.web.settings import PagePractice, PageSettings
from bridge.web.staff import Staff
from bridge.web.visitors import FrontDesk, Visitor, Who

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""On every answer. X-Frame-Options is for browsers that do not know frame-ancestors."""

NAVIGATION = (
    ("patient", N_("Patients"), Who.STAFF),
    ("held", N_("Held photos"), Who.NAMED),
    ("today", N_("Today"), Who.ANY),
    ("phones", N_("Phones"), Who.ANY),
    ("mappings", N_("Mappings"), Who.ANY),
    ("health", N_("Health"), Who.ANY),
    ("events", N_("Events"), Who.ADMIN),
    ("logs", N_("Log"), Who.ANY),
)
"""The pages that the layout leads to, in its order, where they were added: a page's name, its words, who may come."""

MOST_FORM_BYTES = 65_536
_NOT_HERE = N_("There is nothing for you at this address; go back to the start, or sign in again.")
_NOT_OURS = N_(
    "This form was open for too long, or came from elsewhere; go back, load the page anew, and please send it again."
)
_NOT_UNDERSTOOD = N_("The bridge did not understand what your browser sent; go back and try again.")
_SIGN_IN = N_("You are not signed in, or not any more; sign in again.")
_FAILED = N_("The bridge failed on this request; try it again, and tell the clinic's admin if it fails again.")
_NOT_FOR = {
    Who.ANY: N_(
        "Your account is not named in the bridge's config, so the clinics' own pages stay closed; ask the clinic's "
        "admin to name it in `staff.allow`."
    ),
    Who.STAFF: N_("This page needs your own account of the chart; sign in with it."),
    Who.NAMED: N_(
        "This page needs an account of the chart that the bridge's config names; sign in with one, or ask the clinic's "
        "admin to name yours in `staff.allow`."
    ),
    Who.ADMIN: N_(
        "This page is for the bridge's admins; ask the clinic's admin, or to be named in `staff.admins`, and sign in."
    ),
}
_POLICY = "Content-Security-Policy"
_BOX = "sandbox; "
"""What pictures of the chart have before the policy: opened by themselves, they are nobody's page."""

_CONVERTER = re.compile("<[^>]*>")
_VISITOR = "visitor"
_ACCOUNT = "account"
_CSRF = "csrf"
_JSON = "application/json"

_log = logging.getLogger(__name__)

View = Callable[..., Response]
VisitorsView = Callable[..., Response]


class Frame:
    """Pages are added to it; `blueprint` hands all of them to the application."""

    def __init__(self, settings: PageSettings, front_desk: FrontDesk) -> None:
        self.settings = settings
        self._front_desk = front_desk
        self._pages = Blueprint("pages", __name__, template_folder="templates", static_folder="static")
        self._pages.before_request(_limit_form)
        self._pages.after_request(_add_headers)
        self._pages.after_app_request(self._add_headers_to_other_methods)
        self._names: set[str] = set()
        self._paths: list[re.Pattern[str]] = [re.compile("/static/.*", re.DOTALL)]
        self._pages.context_processor(self._of_every_page)
        self._pages.register_error_handler(RefusedError, self._refuse)
        self._pages.register_error_handler(HTTPException, self._refuse_request)
        self._pages.register_error_handler(Exception, self._fail)

    def blueprint(self, admission: Admission) -> Blueprint:
        """The blueprint of all pages that were added."""
        use_preferences(self._pages)
        use_cookies(self._pages, admission.derived_key("sessions"), self.settings.secure_cookies)
        return self._pages

    def add(self, path: str, name: str, view: VisitorsView, *methods: str, who: Who = Who.ANY) -> None:
        """A page for those who are signed in as `who`; strangers are led to the sign-in page. A POST needs our own
        form. The view is given the visitor, and what stands in `<...>` of the path by its name.
        """

        def guarded(**path_values: Any) -> Response:
            visitor = self.visitor()
            if visitor is None:
                return self._to_sign_in()
            if not visitor.may_come(who):
                raise RefusedError(403, _NOT_FOR[who])
            if request.method == "POST":
                require_own_form()
            return view(visitor, **path_values)

        self.add_open(path, name, guarded, *methods)

    def add_open(self, path: str, name: str, view: View, *methods: str) -> None:
        """A page for everyone."""
        self._names.add(name)
        self._paths.append(re.compile(f"{_CONVERTER.sub('[^/]*', path.rstrip('/'))}/?"))
        self._pages.add_url_rule(path, name, view, methods=methods or ("GET",), strict_slashes=False)

    def visitor(self) -> Visitor | None:
        """Who asks, if they are signed in."""
        return self._front_desk.visitor(session.get(_VISITOR, {}), session.get(_ACCOUNT, {}))

    def sign_out(self) -> None:
        """End the session of who asks, also where a copy of its cookie is kept."""
        for record in (session.get(_VISITOR), session.get(_ACCOUNT)):
            if record is not None:
                self._front_desk.end(record)
        session.clear()

    def home(self) -> str:
        """The name of the page where who asks begins: the first one of the layout that is theirs."""
        visitor = self.visitor()
        pages = self._navigation(visitor) if visitor else []
        return pages[0][0] if pages else "sign_in"

    def practices_of(self, visitor: Visitor) -> list[PagePractice]:
        """The practices that a visitor may know of."""
        return [each for each in self.settings.practices if visitor.may_see(each.name)]

    def chosen_practice(self, visitor: Visitor) -> PagePractice | None:
        """The practice that `?practice=` names, or the only one there is to choose. Raises RefusedError, in the same
        words, for one that is not here and one that is not the visitor's.
        """
        practices = self.practices_of(visitor)
        name = request.args.get("practice")
        if name is None:
            return practices[0] if len(practices) == 1 else None
        found = [each for each in practices if each.name == name]
        if not found:
            raise RefusedError(404, _NOT_HERE)
        return found[0]

    def asker(self) -> str:
        """The address that a request comes from."""
        return asker_of(request, self.settings.web_servers)

    def network(self) -> str:
        """What guesses of who asks are counted by."""
        return network_of(self.asker())

    def _navigation(self, visitor: Visitor) -> list[tuple[str, str]]:
        """The pages that the layout leads a visitor to: each page's name and words."""
        shown = [(name, _(words)) for name, words, who in NAVIGATION if name in self._names and visitor.may_come(who)]
        return [each for each in shown if each[0] != "logs" or not self.settings.locked]

    def _to_sign_in(self) -> Response:
        if wants_json():
            raise RefusedError(401, _SIGN_IN)
        return see_other("sign_in")

    def _add_headers_to_other_methods(self, response: Response) -> Response:
        """A method that a page does not know is refused before the page, and so this blueprint, is found."""
        if request.endpoint is None and any(each.fullmatch(request.path) for each in self._paths):
            return _add_headers(response)
        return response

    def _of_every_page(self) -> dict[str, Any]:
        visitor = self.visitor()
        navigation = self._navigation(visitor) if visitor else []
        return {
            "visitor": visitor,
            "csrf": csrf_token,
            "locked": self.settings.locked,
            "navigation": navigation,
            "back": self._own_address(visitor),
        }

    def _own_address(self, visitor: Visitor | None) -> str:
        """Where the layout's switches come back to: this page and its practice. Of what else was asked, nothing is
        told back; a script adds it.
        """
        path, practice = quote(f"{request.path.rstrip('/')}/"), request.args.get("practice", "")
        return f"{path}?practice={quote(practice)}" if visitor and practice and visitor.may_see(practice) else path

    def _refuse(self, error: RefusedError) -> Response:
        response = self._refusal(error.status, _(_SIGN_IN) if error.status == 401 else error.said_by(_))
        response.headers.extend([each for each in error.headers if each[0].lower() != "www-authenticate"])
        return response

    def _refuse_request(self, error: HTTPException) -> Response:
        """What the pages' own code, or Flask, refuses while one of them is asked for."""
        status = error.code or 500
        return self._refusal(status, _(_NOT_HERE if status == 404 else _NOT_UNDERSTOOD))

    def _fail(self, error: Exception) -> Response:
        """Only our own errors may speak; the words of others can quote a name."""
        _log.error("event=request-failed", exc_info=error)
        return self._refusal(500, str(error) if isinstance(error, BridgeError) else _(_FAILED))

    def _refusal(self, status: int, sentence: str) -> Response:
        if wants_json():
            return json_answer({"error": sentence}, status)
        visitor = self.visitor()
        offers_account = status == 401 or (status == 403 and (visitor is None or visitor.staff is None))
        return page("refused.html", status, sentence=sentence, home=self.home(), offers_account=offers_account)


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page from its template."""
    return Response(render_template(template, **values), status, content_type="text/html; charset=utf-8")


def json_answer(value: object, status: int = 200) -> Response:
    """A value for the pages' own scripts."""
    return Response(json.dumps(value, ensure_ascii=False), status, content_type=_JSON)


def wants_json() -> bool:
    """Whether a script of ours asks: it accepts JSON, and no page."""
    accepted = request.headers.get("Accept", "")
    return _JSON in accepted and "text/html" not in accepted


def see_other(name: str, **values: Any) -> Response:
    """Leads the browser to another page of ours."""
    return Response(status=303, headers={"Location": url_for(f"pages.{name}", **values)})


def required_staff(visitor: Visitor) -> Staff:
    """The visitor's account of the chart. Raises RefusedError without one."""
    if visitor.staff is None:
        raise RefusedError(403, _NOT_FOR[Who.STAFF])
    return visitor.staff


def sign_in_session(record: dict[str, Any]) -> None:
    """Make this browser's session a visitor's. What it held before is gone, its form token too; an account of the chart
    that signed in stands beside the bridge's own admin or a practice's people.
    """
    kind, other = (_ACCOUNT, _VISITOR) if "account" in record else (_VISITOR, _ACCOUNT)
    beside = session.get(other)
    session.clear()
    session.permanent = True
    session[kind] = record
    if beside is not None:
        session[other] = beside


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


def _limit_form() -> None:
    request.max_content_length = MOST_FORM_BYTES
    request.max_form_memory_size = MOST_FORM_BYTES


def _add_headers(response: Response) -> Response:
    is_boxed = response.headers.get(_POLICY, "").startswith(_BOX)
    response.headers.update(HEADERS)
    if is_boxed:
        response.headers[_POLICY] = _BOX + HEADERS[_POLICY]
    if request.endpoint != "pages.static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
