"""What attempts without a known end mean for a photo that is given up."""

from collections.abc import Sequence

from bridge.photos.records import Attempt


def may_still_arrive(attempts: Sequence[Attempt]) -> str:
    """That one of these unsettled attempts may put its image into the chart yet, and whose chart; "" without any."""
    patients = sorted({attempt.target.patient for attempt in attempts})
    if not patients:
        return ""
    whose = " and of ".join(f"patient {patient}" for patient in patients)
    return f"an earlier try may have put it into the chart of {whose}, or may do so yet: look there"
