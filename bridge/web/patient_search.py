"""Whom somebody looks for: what the address asks, and who that may be."""

from flask import request

from bridge.charting import RefusedError
from bridge.web.patient import Found
from bridge.web.patient_desk import PatientDesk

_MOST_LETTERS = 100


def asked_text() -> str:
    """Whom the address asks for; more than anybody types is cut off."""
    return " ".join(request.args.get("q", "").split())[:_MOST_LETTERS]


def found_by(desk: PatientDesk, text: str) -> Found | None:
    """Those whom a text may mean; None when it could mean everybody yet, as while somebody types."""
    if not text:
        return None
    try:
        return desk.found(text)
    except RefusedError as refusal:
        if refusal.status != 400:
            raise
        return None
