"""`/preferences/`: the switches of the layout, which lead back to the page that they were pressed on."""

import re

from flask import Response, request

from bridge.web.cookies import is_secure
from bridge.web.frame import Frame
from bridge.web.languages import LANGUAGES
from bridge.web.preferences import LANGUAGE_COOKIE, THEME_COOKIE, THEMES
from bridge.web.sessions import require_own_form

_YEAR_SECONDS = 365 * 24 * 3600
_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x7e]{0,2000}", re.ASCII)


def add_preferences(frame: Frame) -> None:
    """The form's address. It is open to everybody: people choose a language before they sign in."""

    def choose() -> Response:
        require_own_form()
        response = Response(status=303, headers={"Location": _back()})
        for cookie, choices in ((LANGUAGE_COOKIE, LANGUAGES), (THEME_COOKIE, THEMES)):
            chosen = request.form.get(cookie, "")
            if chosen in choices:
                _keep(response, cookie, chosen, are_secure=frame.settings.secure_cookies)
        return response

    frame.add_open("/preferences/", "preferences", choose, "POST")


def _back() -> str:
    """Where the switch was pressed: a path of this server, whatever the form says."""
    back = request.form.get("back", "")
    return back if _OWN_PATH.fullmatch(back) and "\\" not in back else "/sign-in/"


def _keep(response: Response, cookie: str, chosen: str, *, are_secure: bool) -> None:
    response.set_cookie(
        cookie, chosen, max_age=_YEAR_SECONDS, secure=is_secure(are_secure), httponly=True, samesite="Lax"
    )
