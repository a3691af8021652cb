"""Telling a web address."""

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote

import requests

from bridge.errors import BridgeError
from bridge.notices.notice import Notice
from bridge.notices.settings import NoticeSettings
from bridge.secret import Secret
from bridge.settings import NOTICE_MESSAGE

SIGNATURE_HEADER = "X-Bridge-Signature"


class NotToldError(BridgeError):
    """The notice did not arrive."""


def tell_web(settings: NoticeSettings, notice: Notice) -> None:
    """Send one notice. Raises NotToldError, which names no address: it may hold a key. Redirects are not followed."""
    url = settings.url or ""
    if not settings.is_signed_post:
        _ask(settings, "GET", url.replace(NOTICE_MESSAGE, quote(notice.sentence, safe="")), None, {})
        return
    body = notice.payload(datetime.now(UTC), with_patient_data=settings.with_patient_data)
    headers = {"Content-Type": "application/json"}
    if settings.secret is not None:
        headers[SIGNATURE_HEADER] = signature(body, settings.secret)
    _ask(settings, "POST", url, body, headers)


def signature(body: bytes, secret: Secret) -> str:
    """`sha256=` and the HMAC-SHA256 of a body in hexadecimal. The body holds `sent_at`, so the time is signed too."""
    return "sha256=" + hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()


def _ask(settings: NoticeSettings, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> None:
    try:
        with requests.Session() as session:
            session.trust_env = False
            if settings.web_proxy:
                session.proxies = {"http": settings.web_proxy, "https": settings.web_proxy}
            with session.request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=settings.timeout_seconds,
                allow_redirects=False,
                stream=True,
            ) as response:
                status = response.status_code
    except (requests.RequestException, OSError, ValueError) as error:
        raise NotToldError(f"no-answer-{type(error).__name__}") from error
    if not 200 <= status < 300:
        raise NotToldError(f"status-{status}")
