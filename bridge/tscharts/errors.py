"""What can go wrong between the bridge and the chart server.

Each error says in one sentence what to do, and carries the facts that a retry policy decides by. No message holds
patient data, a secret, or more of an address than its scheme, host and port.
"""

from bridge.errors import BridgeError


class ChartError(BridgeError):
    """The chart server could not be used; run `tscharts-bridge check` to see what is wrong.

    `outcome_unknown`: the request would change the chart and may have been carried out, so look before repeating it.
    `status`: the HTTP status of the answer, None when there was none.
    `retry_after_seconds`: how long the server asked to be left alone, at most an hour; None when it did not say.
    `body_bytes`: size of the request's body, 0 when it had none.
    """

    def __init__(
        self,
        message: str | None = None,
        *,
        outcome_unknown: bool = False,
        status: int | None = None,
        retry_after_seconds: float | None = None,
        body_bytes: int = 0,
    ) -> None:
        super().__init__(message or _first_line(type(self)))
        self.outcome_unknown = outcome_unknown
        self.status = status
        self.retry_after_seconds = retry_after_seconds
        self.body_bytes = body_bytes


class ChartUnreachableError(ChartError):
    """The chart server cannot be reached, so nothing was sent; check the network, and the server's address and port."""


class ChartTLSError(ChartUnreachableError):
    """No secure connection to the chart server could be made, so nothing was sent; check its certificate."""


class ChartLostError(ChartError):
    """The connection to the chart server broke before its whole answer was here; the bridge will look and try again."""


class ChartServerError(ChartError):
    """The chart server failed inside (status 5xx); the bridge tries again, tell its operator if that goes on."""


class ChartBusyError(ChartError):
    """The chart server is too busy at the moment; the bridge tries again later."""


class ChartPortalError(ChartError):
    """Something between the bridge and the chart answered (a sign-in page of the network?); open the chart in a browser
    on this computer and sign in to the network if asked."""


class ChartAddressError(ChartPortalError):
    """A web server answered, but not for this chart address; check the address, and that the chart's ALLOWED_HOSTS
    setting names its host."""


class ChartClockError(ChartError):
    """This computer's clock and the chart server's are apart; set the clock that is wrong."""


class ChartAnswerError(ChartError):
    """The chart server answered in a form that tscharts does not use; check that its version is a supported one."""


class ChartLoginError(ChartError):
    """The chart server does not accept this username and password; correct them."""


class ChartTokenError(ChartError):
    """The chart server does not accept the bridge's token; make a new one, or use a username and password."""


class ChartForbiddenError(ChartTokenError):
    """The chart server does not allow this account to do this; use another account."""


class ChartRefusedError(ChartError):
    """The chart server refused the request as wrong (status 4xx); sending the same again will not help."""


class ChartNotFoundError(ChartError):
    """The chart does not have this record (patient, clinic, station or image); check its number."""


class ChartTooLargeError(ChartError):
    """The chart server takes no request this large; the picture must be made smaller."""


class ChartImageUnreadableError(ChartError):
    """The chart lists this image but cannot read it: its file is lost or empty on the server; delete it and send it
    again."""


def _first_line(error: type[ChartError]) -> str:
    """The first paragraph of a class's docstring on one line: its default message."""
    return " ".join((error.__doc__ or "").split("\n\n", 1)[0].split())
