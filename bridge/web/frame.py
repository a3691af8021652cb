"""What every page has: headers, a visitor who is signed in, forms that no other site can send, one layout."""

import json
import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request, session, url_for
from werkzeug.exceptions import HTTPException

from bridge.admission import Admission
from bridge.asking import asker_of, asks_for_page, network_of
from bridge.charting import RefusedError
from bridge.errors import BridgeError
from bridge.web.cookies import use_cookies
from bridge.web.languages import N_, _
from bridge.web.navigation import NOT_FOR, is_part_of, shown_to
from bridge.web.preferences import of_every_template, speak_as_asked, use_preferences
from bridge.web.returning import page_to_return_to, remember_page
from bridge.web.sessions import ACCOUNT, VISITOR, csrf_token, require_own_form, session_records
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

MOST_FORM_BYTES = 65_536
_NOT_HERE = N_("There is nothing for you at this address; go back to the start, or sign in again.")
_NOT_SO = N_("This address is there, but opens no page; go back to the start.")
_NOT_UNDERSTOOD = N_("The bridge did not understand what your browser sent; go back and try again.")
_SIGN_IN = N_("Your session has ended; sign in again.")
_FAILED = N_("The bridge failed on this request; try it again, and tell the clinic's admin if it fails again.")
_POLICY = "Content-Security-Policy"
_BOX = "sandbox; "
"""What pictures of the chart have before the policy: opened by themselves, they are nobody's page."""

_CONVERTER = re.compile("<[^>]*>")
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
        self._pages.after_app_request(self._answer_unknown)
        self._doors: dict[str, Who] = {}
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
                raise RefusedError(403, NOT_FOR[who])
            if request.method == "POST":
                require_own_form()
            return view(visitor, **path_values)

        self._doors[name] = who
        self.add_open(path, name, guarded, *methods)

    def add_open(self, path: str, name: str, view: View, *methods: str) -> None:
        """A page for everyone."""
        self._paths.append(re.compile(f"{_CONVERTER.sub('[^/]*', path.rstrip('/'))}/?"))
        self._pages.add_url_rule(path, name, view, methods=methods or ("GET",), strict_slashes=False)

    def visitor(self) -> Visitor | None:
        """Who asks, if they are signed in."""
        return self._front_desk.visitor(session.get(VISITOR, {}), session.get(ACCOUNT, {}))

    def standing(self) -> Callable[[], bool]:
        """Tells, whenever it is asked, whether the session of who asks still stands. It costs next to nothing."""
        records = session_records()
        return lambda: any(self._front_desk.stands(each) for each in records)

    def sign_out(self) -> None:
        """End the session of who asks, also where a copy of its cookie is kept."""
        for record in session_records():
            self._front_desk.end(record)
        session.clear()

    def home(self) -> str:
        """The name of the page where who asks begins: the first one of the layout that is theirs."""
        pages = self._navigation(self.visitor())
        return pages[0][0] if pages else "sign_in"

    def going_on(self, otherwise: str = "") -> Response:
        """Leads who has just signed in to the page that they asked for, if it is theirs; else to the one of this name,
        or where they begin.
        """
        path = page_to_return_to(self._doors, self.visitor())
        return Response(status=303, headers={"Location": path}) if path else see_other(otherwise or self.home())

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

    def _navigation(self, visitor: Visitor | None) -> list[tuple[str, str]]:
        """The pages that the layout leads a visitor to: each page's name and words."""
        return [each for each in shown_to(visitor, self._doors) if each[0] != "logs" or not self.settings.locked]

    def _to_sign_in(self) -> Response:
        if wants_json():
            raise RefusedError(401, _SIGN_IN)
        remember_page(self._doors)
        return see_other("sign_in")

    def _answer_unknown(self, response: Response) -> Response:
        """An address, or a method, that nobody knows is refused before the page, and so this blueprint, is found."""
        if request.endpoint is not None:
            return response
        is_led_astray = response.status_code in (404, 405) and request.method in ("GET", "HEAD")
        if is_led_astray and asks_for_page(request.headers):
            return _add_headers(self._not_here(response))
        return _add_headers(response) if any(each.fullmatch(request.path) for each in self._paths) else response

    def _not_here(self, refused: Response) -> Response:
        speak_as_asked()
        sentence = _(_NOT_HERE if refused.status_code == 404 else _NOT_SO)
        values = self._of_every_page() | of_every_template() | self._ways_on(refused.status_code)
        response = page("refused.html", refused.status_code, sentence=sentence, **values)
        response.headers.extend([("Allow", each) for each in refused.headers.getlist("Allow")])
        return response

    def _of_every_page(self) -> dict[str, Any]:
        visitor = self.visitor()
        return {
            "visitor": visitor,
            "csrf": csrf_token,
            "locked": self.settings.locked,
            "navigation": self._navigation(visitor),
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
        ways_on = self._ways_on(status)
        if ways_on["offers_account"]:
            remember_page(self._doors)
        return page("refused.html", status, sentence=sentence, **ways_on)

    def _ways_on(self, status: int) -> dict[str, Any]:
        """Where a refusal leads to: signing in with an account, the same once more, and the pages around it."""
        visitor, name = self.visitor(), (request.endpoint or "").removeprefix("pages.")
        sections = [each for each in self._navigation(visitor) if is_part_of(name, each[0])]
        practice = request.args.get("practice", "")
        return {
            "offers_account": status == 401 or (status == 403 and (visitor is None or visitor.staff is None)),
            "may_try_again": status >= 500 and request.method == "GET",
            "section": sections[0] if sections else None,
            "own_practice": practice if visitor and practice and visitor.may_see(practice) else None,
            "home": self.home(),
        }


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
        raise RefusedError(403, NOT_FOR[Who.STAFF])
    return visitor.staff


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
