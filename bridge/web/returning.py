"""Where people come back to once they have signed in: the page that they asked for, kept in their own session.

What a form would have done is not done again: it leads back to the page that it stands on.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote

from flask import current_app, request, session
from werkzeug.exceptions import HTTPException

from bridge.asking import asks_for_page
from bridge.web.visitors import Visitor, Who

WANTED = "wanted"
"""Where a session keeps it: the page's name, its path, and the method that was asked with."""

_QUERY = re.compile(rb"[\x21-\x7e]{1,1000}")


def remember_page(doors: Mapping[str, Who]) -> None:
    """Keep the page that is asked for; `doors` says for whom each page is, by its name.

    A form that comes without any session may be another site's, and is to change none.
    """
    if not asks_for_page(request.headers) or (request.method == "POST" and not session):
        return
    found = _page_here(doors)
    if found is not None:
        session[WANTED] = [*found, request.method]


def is_expected() -> bool:
    """Whether a page waits for somebody to sign in."""
    return WANTED in session


def is_undone() -> bool:
    """Whether what was sent last was not done, as nobody was signed in."""
    return is_expected() and session[WANTED][2] == "POST"


def page_to_return_to(doors: Mapping[str, Who], visitor: Visitor | None) -> str | None:
    """The path of the page that was asked for, if it is the visitor's; it is forgotten by that."""
    name, path, _method = session.pop(WANTED, (None, "", ""))
    return path if name in doors and visitor is not None and visitor.may_come(doors[name]) else None


def _page_here(doors: Mapping[str, Who]) -> tuple[str, str] | None:
    """The page that is asked for; for the address of an act, the nearest one above it. With its query, where that is
    its own.
    """
    path = request.path
    while path.strip("/"):
        name = _page_at(path)
        if name in doors:
            own = path == request.path and _QUERY.fullmatch(request.query_string)
            return name, quote(path) + (f"?{request.query_string.decode()}" if own else "")
        path = f"{path.rstrip('/').rpartition('/')[0]}/"
    return None


def _page_at(path: str) -> str:
    adapter = current_app.create_url_adapter(request)
    try:
        endpoint = adapter.match(path, "GET")[0] if adapter else ""
    except HTTPException:
        return ""
    return str(endpoint).removeprefix("pages.")
