"""Turns what the network did to a request into a ChartError that says whether anything may have been carried out."""

import ssl
from collections.abc import Iterator

import requests
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError

from bridge.tscharts.account import ChartAccount
from bridge.tscharts.calls import Call
from bridge.tscharts.errors import ChartError, ChartLostError, ChartTLSError, ChartUnreachableError
from bridge.tscharts.wire import Attempt, Progress

_NEVER_SENT = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidProxyURL,
    ConnectTimeoutError,
    NewConnectionError,
    ssl.SSLCertVerificationError,
)

_CERTIFICATE = {
    9: "is not valid yet; check this computer's clock",
    10: "has expired; ask the chart's operator to renew it, and check this computer's clock",
    62: "is for another name; check the chart's address",
    64: "is for another address; use the name that the certificate was made for",
}
"""By OpenSSL's verify codes; all others mean that nobody whom this computer trusts has signed it."""


def failure(error: Exception, attempt: Attempt, call: Call, account: ChartAccount) -> ChartError:
    """The ChartError for an exception of requests, urllib3 or the socket during `attempt`."""
    causes = list(_causes(error))
    if isinstance(account.verify_tls, str) and _before_any_connection(error, attempt):
        sentence = "The file with the chart's trusted certificates cannot be read; check the path in `ca_file`."
        return ChartTLSError(sentence, body_bytes=call.body_bytes)
    if _never_sent(causes, attempt):
        return _unreachable(causes, call, account)
    return _lost(causes, attempt, call, account)


def _before_any_connection(error: Exception, attempt: Attempt) -> bool:
    """requests raises a bare OSError when it does not find the file of trusted certificates."""
    known = (requests.RequestException, HTTPError)
    return attempt.progress is Progress.UNTRIED and not isinstance(error, known)


def _never_sent(causes: list[BaseException], attempt: Attempt) -> bool:
    if attempt.progress is Progress.SENT:
        return False
    return attempt.progress is Progress.CONNECTING or any(isinstance(cause, _NEVER_SENT) for cause in causes)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and what stands behind it: causes, contexts, wrapped `reason`s and arguments."""
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        behind = (current.__cause__, current.__context__, getattr(current, "reason", None), *current.args)
        waiting += [item for item in behind if isinstance(item, BaseException)]


def _unreachable(causes: list[BaseException], call: Call, account: ChartAccount) -> ChartUnreachableError:
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return ChartTLSError(_tls_sentence(cause, account), body_bytes=call.body_bytes)
    return ChartUnreachableError(_unreachable_sentence(causes, account), body_bytes=call.body_bytes)


def _unreachable_sentence(causes: list[BaseException], account: ChartAccount) -> str:
    kinds = tuple(type(cause) for cause in causes)
    if any(issubclass(kind, requests.exceptions.ProxyError) for kind in kinds):
        return "The web proxy does not let the bridge through to the chart; check the proxy's address and rights."
    if any(issubclass(kind, NameResolutionError) for kind in kinds):
        return f"This network does not know the name in {account.origin}; check the address and the network."
    if any(issubclass(kind, requests.exceptions.ConnectTimeout | TimeoutError) for kind in kinds):
        return (
            f"{account.origin} did not take a connection within {account.connect_timeout_seconds:g} s; "
            "check that the chart server runs and that this computer is in its network."
        )
    return f"Nothing takes a connection at {account.origin}; check that the chart server runs, its address and port."


def _tls_sentence(error: ssl.SSLError, account: ChartAccount) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        signed = "is not signed by anyone this computer trusts; put its certificate in a file and name it in `ca_file`"
        return f"The certificate of {account.origin} {_CERTIFICATE.get(error.verify_code, signed)}."
    if error.reason == "NO_CERTIFICATE_OR_CRL_FOUND":
        return "The file named in `ca_file` holds no certificate; give a PEM file with the chart's certificate."
    if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
        return f"{account.origin} does not speak TLS; check the port, or write the address with http://."
    return f"{account.origin} broke off while a secure connection was made; check its TLS settings and `ca_file`."


def _lost(causes: list[BaseException], attempt: Attempt, call: Call, account: ChartAccount) -> ChartLostError:
    slow = (requests.exceptions.Timeout, TimeoutError)
    if attempt.expired:
        what = f"took longer than {attempt.limit_seconds:.0f} s"
    elif any(isinstance(cause, slow) for cause in causes):
        what = f"did not answer within {account.read_timeout_seconds:g} s"
    else:
        what = "broke the connection before its whole answer was here"
    return ChartLostError(
        f"{account.origin} {what}; check the network and the chart server, the bridge will look and try again.",
        outcome_unknown=call.changes,
        body_bytes=call.body_bytes,
    )
