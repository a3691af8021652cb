"""What a mapping file requires of a patient in the chart before a photo is filed."""

from datetime import date
from typing import Protocol

from bridge.holds import HoldReason
from bridge.mapping.held import HeldError
from bridge.mapping.model import Requirement


class RequirementDirectory(Protocol):
    """What the chart is asked where a mapping file requires something. Errors of the chart pass through."""

    def is_registered(self, patient_id: int, clinic_id: int, day: date) -> bool:
        """True when the patient is registered at the clinic on that day."""

    def has_photo_consent(self, patient_id: int, clinic_id: int) -> bool:
        """True when the chart holds the patient's consent to photos at the clinic."""


def check_requirements(
    require: frozenset[Requirement], patient: int, clinic: int | None, directory: RequirementDirectory, day: date
) -> None:
    """Raise HeldError for what is required and missing, a missing registration before a missing consent."""
    if Requirement.REGISTERED_TODAY in require:
        if clinic is None:
            raise HeldError(HoldReason.NOT_REGISTERED, _without_clinic(Requirement.REGISTERED_TODAY))
        if not directory.is_registered(patient, clinic, day):
            raise HeldError(HoldReason.NOT_REGISTERED, _unregistered(patient, clinic, day))
    if Requirement.PHOTO_CONSENT in require:
        if clinic is None:
            raise HeldError(HoldReason.NO_CONSENT, _without_clinic(Requirement.PHOTO_CONSENT))
        if not directory.has_photo_consent(patient, clinic):
            raise HeldError(HoldReason.NO_CONSENT, _unconsented(patient, clinic))


def _without_clinic(requirement: Requirement) -> str:
    return (
        f"No clinic is known for this photo, so `{requirement}` cannot be looked up; add `clinic: today` to the "
        f"mapping file, or take `{requirement}` from its `require`, then retry."
    )


def _unregistered(patient: int, clinic: int, day: date) -> str:
    return (
        f"Patient {patient} is not registered at clinic {clinic} on {day.isoformat()}; check that it is the right "
        "patient, register the patient in the chart and retry, or assign the photo by hand."
    )


def _unconsented(patient: int, clinic: int) -> str:
    return (
        f"The chart holds no consent of patient {patient} to photos at clinic {clinic}; record the consent in the "
        "chart and retry, or discard the photo."
    )
