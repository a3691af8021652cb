"""The client of the chart server.

`ChartClient` talks to one tscharts server as one account, `ChartDirectory` remembers what it looked up there, and
`ChartRelay` passes other people's requests on, with their own token. What goes wrong is a `ChartError` that says
whether the request may have been carried out. Facts: contract/tscharts.md.
"""

from bridge.tscharts.account import ChartAccount
from bridge.tscharts.cache import TimedCache
from bridge.tscharts.client import ChartClient
from bridge.tscharts.directory import ChartDirectory
from bridge.tscharts.errors import (
    ChartAddressError,
    ChartAnswerError,
    ChartBusyError,
    ChartClockError,
    ChartError,
    ChartForbiddenError,
    ChartImageUnreadableError,
    ChartLoginError,
    ChartLostError,
    ChartNotFoundError,
    ChartPortalError,
    ChartRefusedError,
    ChartServerError,
    ChartTLSError,
    ChartTokenError,
    ChartTooLargeError,
    ChartUnreachableError,
)
from bridge.tscharts.places import Places
from bridge.tscharts.posts import ImagePost, body_overhead_bytes, prepare_post, prepare_text_post
from bridge.tscharts.records import (
    ChartCheck,
    ChartImage,
    ChartPatient,
    Clinic,
    Consent,
    Login,
    Registration,
    Station,
)
from bridge.tscharts.refusals import LARGE_BODY_BYTES
from bridge.tscharts.relay import ChartRelay, RelayAnswer, RelayRequest
from bridge.tscharts.schemas import ClinicSchema, PatientSchema, RegistrationSchema, StationSchema

__all__ = [
    "LARGE_BODY_BYTES",
    "ChartAccount",
    "ChartAddressError",
    "ChartAnswerError",
    "ChartBusyError",
    "ChartCheck",
    "ChartClient",
    "ChartClockError",
    "ChartDirectory",
    "ChartError",
    "ChartForbiddenError",
    "ChartImage",
    "ChartImageUnreadableError",
    "ChartLoginError",
    "ChartLostError",
    "ChartNotFoundError",
    "ChartPatient",
    "ChartPortalError",
    "ChartRefusedError",
    "ChartRelay",
    "ChartServerError",
    "ChartTLSError",
    "ChartTokenError",
    "ChartTooLargeError",
    "ChartUnreachableError",
    "Clinic",
    "ClinicSchema",
    "Consent",
    "ImagePost",
    "Login",
    "PatientSchema",
    "Places",
    "Registration",
    "RegistrationSchema",
    "RelayAnswer",
    "RelayRequest",
    "Station",
    "StationSchema",
    "TimedCache",
    "body_overhead_bytes",
    "prepare_post",
    "prepare_text_post",
]
