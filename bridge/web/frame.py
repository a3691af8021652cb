"""What every page has: headers, a visitor who is signed in, forms that no other site can send, one layout."""

import hmac
import secrets
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, render_template, request, session, url_for
from werkzeug.exceptions import HTTPException

from bridge.admission import Admission
from bridge.asking import asker_of
from bridge.web.cookies import use_cookies
from bridge.web.settings import PagePractice, PageSettings
from bridge.web.visitors import FrontDesk, Visitor

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""On every answer. X-Frame-Options is for browsers that do not know frame-ancestors."""

MOST_FORM_BYTES = 8192
_NOT_HERE = "There is nothing for you at this address; go back to the start, or sign in again."
_NOT_OURS = "This form was open for too long, or came from elsewhere; here is a new one, please send it again."
_NOT_UNDERSTOOD = "The bridge did not understand what your browser sent; go back and try again."
_STATIC = "/static/"
_VISITOR = "visitor"
_CSRF = "csrf"

View = Callable[[], Response]
VisitorsView = Callable[[Visitor], Response]


class RefusedError(Exception):
    """What was asked for is not to be had: a status, and the sentence of the page that says so."""

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        self.sentence = sentence
        super().__init__(sentence)


class Frame:
    """Pages are added to it; `blueprint` hands all of them to the application."""

    def __init__(self, settings: PageSettings, front_desk: FrontDesk) -> None:
        self.settings = settings
        self._front_desk = front_desk
        self._pages = Blueprint("pages", __name__, template_folder="templates", static_folder="static")
        self._pages.before_request(_limit_form)
        self._pages.after_request(_add_headers)
        self._pages.after_app_request(self._add_headers_to_other_methods)
        self._paths: set[str] = set()
        self._pages.context_processor(self._of_every_page)
        self._pages.register_error_handler(RefusedError, self._refuse)
        self._pages.register_error_handler(HTTPException, self._refuse_request)

    def blueprint(self, admission: Admission) -> Blueprint:
        """The blueprint of all pages that were added."""
        use_cookies(self._pages, admission.derived_key("sessions"), self.settings.secure_cookies)
        return self._pages

    def add(self, path: str, name: str, view: VisitorsView, *methods: str) -> None:
        """A page for those who are signed in. Others are led to the sign-in page; a POST needs our own form."""

        def guarded() -> Response:
            visitor = self.visitor()
            if visitor is None:
                return see_other("sign_in")
            if request.method == "POST" and not is_own_form():
                raise RefusedError(400, _NOT_OURS)
            return view(visitor)

        self.add_open(path, name, guarded, *methods)

    def add_open(self, path: str, name: str, view: View, *methods: str) -> None:
        """A page for everyone."""
        self._paths.add(path.rstrip("/"))
        self._pages.add_url_rule(path, name, view, methods=methods or ("GET",), strict_slashes=False)

    def visitor(self) -> Visitor | None:
        """Who asks, if they are signed in."""
        return self._front_desk.visitor(session.get(_VISITOR, {}))

    def sign_out(self) -> None:
        """End the session of who asks, also where a copy of its cookie is kept."""
        record = session.get(_VISITOR)
        if record is not None:
            self._front_desk.end(record)
        session.clear()

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

    def _add_headers_to_other_methods(self, response: Response) -> Response:
        """A method that a page does not know is refused before the page, and so this blueprint, is found."""
        is_ours = request.path.rstrip("/") in self._paths or request.path.startswith(_STATIC)
        return _add_headers(response) if is_ours and request.endpoint is None else response

    def _of_every_page(self) -> dict[str, Any]:
        return {"visitor": self.visitor(), "csrf": csrf_token, "locked": self.settings.locked}

    def _refuse(self, error: RefusedError) -> Response:
        return page("refused.html", error.status, sentence=error.sentence)

    def _refuse_request(self, error: HTTPException) -> Response:
        """What the pages' own code, or Flask, refuses while one of them is asked for."""
        status = error.code or 500
        return page("refused.html", status, sentence=_NOT_HERE if status == 404 else _NOT_UNDERSTOOD)


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page from its template."""
    return Response(render_template(template, **values), status, content_type="text/html; charset=utf-8")


def see_other(name: str, practice: str | None = None) -> Response:
    """Leads the browser to another page of ours."""
    return Response(status=303, headers={"Location": url_for(f"pages.{name}", practice=practice)})


def sign_in_session(record: dict[str, Any]) -> None:
    """Make this browser's session a visitor's. What it held before is gone, its form token too."""
    session.clear()
    session.permanent = True
    session[_VISITOR] = record


def csrf_token() -> str:
    """The session's own token, which its forms carry."""
    return str(session.setdefault(_CSRF, secrets.token_urlsafe(24)))


def is_own_form() -> bool:
    """Whether the form that was sent is one that this session was given."""
    given, own = request.form.get("csrf", ""), session.get(_CSRF)
    return own is not None and hmac.compare_digest(given.encode("utf-8", "replace"), str(own).encode())


def _limit_form() -> None:
    request.max_content_length = MOST_FORM_BYTES
    request.max_form_memory_size = MOST_FORM_BYTES


def _add_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    if request.endpoint != "pages.static":
        response.headers["Cache-Control"] = "no-store"
    return response
