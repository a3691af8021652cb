"""Why photos are held, in a few words and in what to do, for people of any language. Knows no web framework.

The store keeps an English sentence that names numbers and words of the one photo; these are of the reason alone.
"""

from collections.abc import Mapping

from bridge.holds import HoldReason
from bridge.web.languages import N_

FROM_BACKUP = N_("This photo comes from a backup: look in the chart first, somebody may have sent it there since.")
_BACKUP_BEGINS = "From a backup"

HEADINGS: Mapping[HoldReason, str] = {
    HoldReason.NO_PATIENT: N_("No patient in the name"),
    HoldReason.AMBIGUOUS_PATIENT: N_("More than one patient is possible"),
    HoldReason.UNKNOWN_PATIENT: N_("Patient not in the chart"),
    HoldReason.NO_TYPE: N_("No type in the name"),
    HoldReason.AMBIGUOUS_TYPE: N_("More than one type in the name"),
    HoldReason.AMBIGUOUS_STATION: N_("More than one station in the name"),
    HoldReason.UNKNOWN_STATION: N_("Station not in the chart"),
    HoldReason.AMBIGUOUS_CLINIC: N_("More than one clinic in the name"),
    HoldReason.UNKNOWN_CLINIC: N_("Clinic not in the chart"),
    HoldReason.NO_CLINIC_TODAY: N_("No clinic on the photo's day"),
    HoldReason.NOT_REGISTERED: N_("Patient not registered that day"),
    HoldReason.NO_CONSENT: N_("No consent to photos"),
    HoldReason.NO_PRACTICE: N_("Clinic of the photo not known"),
    HoldReason.NOT_A_PICTURE: N_("Not a picture"),
    HoldReason.DAMAGED_PICTURE: N_("Damaged picture"),
    HoldReason.CUT_TRANSFER: N_("Cut off on its way"),
    HoldReason.TOO_LARGE: N_("Too large for the chart"),
    HoldReason.CHART_REFUSED: N_("The chart refused it"),
    HoldReason.CHART_DIFFERS: N_("The chart holds something else"),
    HoldReason.OLDER_THAN_CHART: N_("Older than the headshot in the chart"),
    HoldReason.TRIED_TOO_LONG: N_("Tried for too long"),
    HoldReason.BYTES_MISSING: N_("The picture is lost"),
    HoldReason.BRIDGE_FAULT: N_("The bridge failed on it"),
}

ADVICE: Mapping[HoldReason, str] = {
    HoldReason.NO_PATIENT: N_("The name says no patient; look at the picture and choose whose it is."),
    HoldReason.AMBIGUOUS_PATIENT: N_("The name can mean several patients; choose the right one."),
    HoldReason.UNKNOWN_PATIENT: N_(
        "The chart has no such patient, mostly for a slip in the number; choose the right one, or register the patient "
        "and try again."
    ),
    HoldReason.NO_TYPE: N_("The name does not say the type of picture; choose it."),
    HoldReason.AMBIGUOUS_TYPE: N_("The name says two types; choose the right one."),
    HoldReason.AMBIGUOUS_STATION: N_("The name says two stations; choose the right one."),
    HoldReason.UNKNOWN_STATION: N_(
        "The mapping file names a station that the chart does not have; choose another, or tell the admin."
    ),
    HoldReason.AMBIGUOUS_CLINIC: N_("The name says two clinics; choose the right one."),
    HoldReason.UNKNOWN_CLINIC: N_(
        "The mapping file names a clinic that the chart does not have; choose another, or tell the admin."
    ),
    HoldReason.NO_CLINIC_TODAY: N_(
        "The chart has no clinic on that day; choose one or none, or add it in the chart and try again."
    ),
    HoldReason.NOT_REGISTERED: N_(
        "The patient is not registered at the clinic of that day; if the number is wrong choose the right one, else "
        "register the patient and try again."
    ),
    HoldReason.NO_CONSENT: N_(
        "The chart has no consent to photos; once the patient agrees, note it there, then try again."
    ),
    HoldReason.NO_PRACTICE: N_("It is not known to which clinic this photo belongs; tell the admin."),
    HoldReason.NOT_A_PICTURE: N_("This is no picture that the bridge can read; discard it and take it again."),
    HoldReason.DAMAGED_PICTURE: N_(
        "Part of the picture cannot be read; if what there is will do, send it as it is, else take it again."
    ),
    HoldReason.CUT_TRANSFER: N_(
        "It broke off on the way from the phone; send it again from there, or as it is if that will do."
    ),
    HoldReason.TOO_LARGE: N_("It cannot be made small enough for the chart; tell the admin."),
    HoldReason.CHART_REFUSED: N_("The chart does not take it like this; correct what is below, or tell the admin."),
    HoldReason.CHART_DIFFERS: N_(
        "What is in the chart is not what was sent; look there first. Discard the photo if it is there, else try again."
    ),
    HoldReason.OLDER_THAN_CHART: N_(
        "The chart shows a newer headshot, and would show this one in its place; try again if that is right, else "
        "discard it."
    ),
    HoldReason.TRIED_TOO_LONG: N_("It was tried again and again without success; look at the chart, then try again."),
    HoldReason.BYTES_MISSING: N_("The picture's data are gone from the bridge; take it again, and discard this one."),
    HoldReason.BRIDGE_FAULT: N_("The bridge failed on this photo; try again, and tell the admin if it stays."),
}

WITHOUT_PICTURE = frozenset({HoldReason.NOT_A_PICTURE, HoldReason.BYTES_MISSING})
"""There is nothing to be shown of these."""

MAY_GO_AS_IS = frozenset({HoldReason.DAMAGED_PICTURE, HoldReason.CUT_TRANSFER})


def is_from_backup(sentence: str) -> bool:
    """Whether the sentence of a hold says that the photo comes from a backup."""
    return sentence.startswith(_BACKUP_BEGINS)
