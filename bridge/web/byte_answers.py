"""Pictures as answers: what an operation gives, with its headers, as it comes."""

from flask import Response

from bridge.charting import Reply


def byte_answer(reply: Reply) -> Response:
    """An operation's bytes for a browser: whole, in part, or not again (304), with their ETag."""
    response = Response(reply.pieces, reply.status, headers=list(reply.headers))
    if not any(name.lower() == "content-type" for name, _ in reply.headers):
        del response.headers["Content-Type"]
    response.call_on_close(reply.close)
    return response
