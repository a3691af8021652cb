"""Why a MedImage proxy gives no photos just now."""

import http.client
import socket
import ssl
from enum import StrEnum

from bridge.errors import BridgeError


class Cause(StrEnum):
    """What is wrong with the proxy, or the way to it; the word in the log."""

    UNKNOWN_HOST = "unknown-host"
    REFUSED = "refused"
    NO_ANSWER = "no-answer"
    BROKEN_OFF = "broken-off"
    TLS = "tls"
    NOT_A_PROXY = "not-a-proxy"
    MOVED = "moved"
    STATUS = "status"
    REPEATS = "repeats"


class ProxyAwayError(BridgeError):
    """The MedImage proxy gives no photos just now; they wait there, and the bridge asks again by itself.

    `cause` says why. The message names the proxy's host alone: the rest of its address holds the practice's guid.
    """

    def __init__(self, host: str, cause: Cause, status: int | None = None) -> None:
        self.cause = cause
        self.status = status
        what = _WHAT[cause].format(status=status)
        super().__init__(
            f"The MedImage proxy {host} {what}; its photos wait there, and the bridge asks again by itself."
        )


def away(host: str, error: OSError | http.client.HTTPException) -> ProxyAwayError:
    """What an error of a connection means."""
    for kind, cause in _CAUSES:
        if isinstance(error, kind):
            return ProxyAwayError(host, cause)
    return ProxyAwayError(host, Cause.BROKEN_OFF)


_CAUSES: tuple[tuple[type[Exception], Cause], ...] = (
    (ssl.SSLError, Cause.TLS),
    (socket.gaierror, Cause.UNKNOWN_HOST),
    (TimeoutError, Cause.NO_ANSWER),
    (ConnectionRefusedError, Cause.REFUSED),
    (OSError, Cause.BROKEN_OFF),
    (http.client.HTTPException, Cause.NOT_A_PROXY),
)
_WHAT = {
    Cause.UNKNOWN_HOST: "is not found under this name (check the network, and the address in the config)",
    Cause.REFUSED: "takes no connections (check that it runs, and the address in the config)",
    Cause.NO_ANSWER: "does not answer (check the network)",
    Cause.BROKEN_OFF: "breaks the connection off (check the network)",
    Cause.TLS: "cannot be trusted: its certificate or its TLS is wrong (check the address in the config)",
    Cause.NOT_A_PROXY: "does not answer as one (check the address in the config)",
    Cause.MOVED: "sends the bridge to another address (write the new address in the config)",
    Cause.STATUS: "answers with status {status} (check the address in the config)",
    Cause.REPEATS: "still offers a photo that it has sent already (its disk may be full or read-only)",
}
