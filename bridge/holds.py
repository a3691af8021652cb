"""Why a photo waits for a person: a reason code and a sentence that says what to do."""

from dataclasses import dataclass
from enum import StrEnum


class HoldReason(StrEnum):
    """Reason codes of held photos. Programs rely on the codes; people read the hold's sentence."""

    NO_PATIENT = "no-patient"
    AMBIGUOUS_PATIENT = "ambiguous-patient"
    UNKNOWN_PATIENT = "unknown-patient"
    NO_TYPE = "no-type"
    AMBIGUOUS_TYPE = "ambiguous-type"
    AMBIGUOUS_STATION = "ambiguous-station"
    UNKNOWN_STATION = "unknown-station"
    AMBIGUOUS_CLINIC = "ambiguous-clinic"
    UNKNOWN_CLINIC = "unknown-clinic"
    NO_CLINIC_TODAY = "no-clinic-today"
    NOT_REGISTERED = "not-registered"
    NO_CONSENT = "no-consent"
    NO_PRACTICE = "no-practice"
    NOT_A_PICTURE = "not-a-picture"
    DAMAGED_PICTURE = "damaged-picture"
    CUT_TRANSFER = "cut-transfer"
    TOO_LARGE = "too-large"
    CHART_REFUSED = "chart-refused"
    CHART_DIFFERS = "chart-differs"
    OLDER_THAN_CHART = "older-than-chart"
    TRIED_TOO_LONG = "tried-too-long"
    BYTES_MISSING = "bytes-missing"
    BRIDGE_FAULT = "bridge-fault"


@dataclass(frozen=True)
class Hold:
    """A reason and its sentence: what is wrong, and the next step for charting staff."""

    reason: HoldReason
    sentence: str
