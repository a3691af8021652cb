"""The HTML pages: the application's errors, nginx's errors, the browsable page, a captive portal."""

from html import escape
from http import HTTPStatus

from bridge.sandbox.messages import HTML, Answer, as_json

_PAGE = (
    '<!doctype html>\n<html lang="en"><head><title>{title}</title></head><body><h1>{title}</h1>{rest}</body></html>\n'
)


def phrase(status: int) -> str:
    """The usual words for a status; "Unknown" for one that has none, such as 520."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def page(status: int, content_type: str = HTML) -> Answer:
    """An error page that says no more than its status; the application's own unless another type is given."""
    title = f"{phrase(status)} ({status})"
    return Answer(status, content_type, _PAGE.format(title=title, rest="").encode())


def gateway_page(status: int) -> Answer:
    """The page that a server in front of the application gives: text/html without a charset."""
    return page(status, "text/html")


def too_long() -> Answer:
    """414 for a request line that is too long, given before the application sees it."""
    answer = gateway_page(414)
    return Answer(414, answer.content_type, answer.body, reason="URI Too Long")


def browsable(name: str, answer: Answer) -> Answer:
    """The JSON answer as a page for a web browser (contract/tscharts.md, surprise 26), with its cookie."""
    shown = f"<pre>{escape(as_json(answer.payload))}</pre>"
    body = _PAGE.format(title=escape(name), rest=shown).encode()
    return Answer(answer.status, HTML, body, headers=(*answer.headers, ("Set-Cookie", "csrftoken=sandbox; Path=/")))


def portal() -> Answer:
    """What a captive portal answers to everything: 200 and a page that asks to sign in."""
    body = _PAGE.format(title="Welcome to the guest network", rest="<form><button>Connect</button></form>")
    return Answer(200, "text/html", body.encode())


def portal_redirect(location: str) -> Answer:
    """302 to a captive portal's page."""
    return Answer(302, "text/html", headers=(("Location", location),))
