"""The cookie that holds a visitor's session: signed, for this bridge alone, out of reach of scripts and other sites."""

import hashlib
from datetime import timedelta
from typing import cast

from flask import Blueprint, Flask, request
from flask.blueprints import BlueprintSetupState
from flask.sessions import SecureCookieSessionInterface

from bridge.web.visitors import SESSION_SECONDS

_KEPT_SECONDS = 4 * SESSION_SECONDS
"""A cookie outlives its session, so that people can be told that it has ended; it opens nothing by then."""


def use_cookies(blueprint: Blueprint, key: bytes, are_secure: bool) -> None:
    """Give the application that the blueprint becomes part of its session cookies.

    The name comes of the key: browsers do not tell the bridges on a machine's several ports apart. SameSite is Lax, so
    that a link in another page finds people still signed in; no GET changes anything.
    """
    name = f"bridge-{hashlib.sha256(key).hexdigest()[:12]}"

    def set_up(state: BlueprintSetupState) -> None:
        app = cast(Flask, state.app)
        app.secret_key = key
        app.session_interface = _Sessions(name, are_secure)
        app.config.update(
            SESSION_COOKIE_HTTPONLY=True,
            SESSION_COOKIE_SAMESITE="Lax",
            SESSION_REFRESH_EACH_REQUEST=False,
            PERMANENT_SESSION_LIFETIME=timedelta(seconds=_KEPT_SECONDS),
        )

    blueprint.record_once(set_up)


def is_secure(are_secure: bool) -> bool:
    """Whether cookies of this request's answer go back over HTTPS alone. Anyone may claim that a web server took HTTPS
    off: it only makes their own cookie safer.
    """
    return are_secure or request.headers.get("X-Forwarded-Proto", "").strip().lower() == "https"


class _Sessions(SecureCookieSessionInterface):
    """Flask's signed cookies. Secure ones have a name that other sites of the same domain cannot set (`__Host-`)."""

    digest_method = staticmethod(hashlib.sha256)

    def __init__(self, name: str, are_secure: bool) -> None:
        self._name = name
        self._are_secure = are_secure

    def get_cookie_name(self, app: Flask) -> str:
        """See Flask's."""
        return f"__Host-{self._name}" if self.get_cookie_secure(app) else self._name

    def get_cookie_secure(self, app: Flask) -> bool:
        """See Flask's."""
        return is_secure(self._are_secure)
