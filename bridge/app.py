"""The Flask application: wires the doors to the rooms. Holds no logic."""

from flask import Flask, Response

from bridge.medimage import Reception, medimage_blueprint


def create_app(reception: Reception) -> Flask:
    """The web application over a reception."""
    app = Flask("bridge", static_folder=None)
    app.register_blueprint(medimage_blueprint(reception))
    app.register_error_handler(404, _not_found)
    app.register_error_handler(405, _wrong_method)
    app.register_error_handler(500, _failed)
    return app


def _not_found(_error: Exception) -> Response:
    return _sentence("There is nothing at this address; check it against the one you were given.", 404)


def _wrong_method(_error: Exception) -> Response:
    return _sentence("This address does not do that; photos are sent by POST to /api/photo.", 405)


def _failed(_error: Exception) -> Response:
    return _sentence("The bridge failed on this request; what you sent was not stored, so send it again.", 500)


def _sentence(text: str, status: int) -> Response:
    return Response(f"{text}\n", status, content_type="text/plain")
