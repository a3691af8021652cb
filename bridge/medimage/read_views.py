"""`/read/GUID` and `/load/`: what MedImage PC servers and load balancers ask."""

import os

from flask import Blueprint, Response, request

from bridge.medimage.checking import Checks
from bridge.medimage.offers import Offer, Offers

_HTML = "text/html"
_TYPES_BY_NAME = {"text/plain": "text/csv"}
"""Text is offered under a name that ends in `.csv`, and MedImage servers know it as that."""


def read_blueprint(checks: Checks, offers: Offers) -> Blueprint:
    """The routes. What is offered is decided when a photo arrives (`proxy.serve_downloads` in the config)."""
    blueprint = Blueprint("read", __name__)

    @blueprint.get("/read/<guid>")
    @blueprint.get("/read/<guid>/")
    def read(guid: str) -> Response:
        if "check" in request.args:
            return _text("true" if checks.is_waiting(guid, request.args["check"]) else "none")
        offer = offers.next_for(guid)
        return _text("none") if offer is None else _file(offer, offers)

    @blueprint.get("/load")
    @blueprint.get("/load/")
    def load() -> Response:
        return _text("[" + ",".join(f"{average:.2f}" for average in _load_averages()) + "]")

    return blueprint


def _file(offer: Offer, offers: Offers) -> Response:
    """The photo. To HEAD its headers alone, and the offer stands."""
    body = b"" if request.method == "HEAD" else offers.sending(offer)
    media_type = offer.photo.media_type
    response = Response(body, content_type=_TYPES_BY_NAME.get(media_type, media_type))
    response.headers["file-name"] = offer.file_name
    response.headers["Content-Length"] = str(len(offer.content))
    response.headers["Cache-Control"] = "no-store"
    return response


def _load_averages() -> tuple[float, float, float]:
    """This machine's load; zeros on Windows, which has no such measure."""
    return os.getloadavg() if hasattr(os, "getloadavg") else (0.0, 0.0, 0.0)


def _text(text: str) -> Response:
    response = Response(text, content_type=_HTML)
    response.headers["Cache-Control"] = "no-store"
    return response
