"""Where a photo stands among those of its patient and type: the pure step of its mapping, as soon as it arrives.

The chart has to be asked for the patient only when the name gives a CURP or an old number. Until then the photo stands
in the line of that number, and moves to the patient's own when it is found.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from bridge.delivery.desk import Desk
from bridge.mapping import Occasion, PatientForm, TargetReference, resolve, taken_at
from bridge.photos import NewUpload, Place, order_key
from bridge.tags import parse_name

_log = logging.getLogger(__name__)


def placing(desks: Mapping[str, Desk]) -> Callable[[NewUpload, datetime], Place]:
    """What gives a new photo its place. It never raises: a photo is stored whatever is wrong with its mapping."""

    def place_of(upload: NewUpload, received_at: datetime) -> Place:
        tags = parse_name(upload.name)
        desk = desks[upload.practice]
        order_at = taken_at(tags, received_at, desk.time_zone)
        try:
            reference = resolve(tags, desk.mapping(), Occasion(upload.practice, order_at)).reference
        except Exception as error:
            _log.error("event=bridge-fault in=placing error=%s", type(error).__name__)
            reference = None
        return place_of_reference(reference, order_at)

    return place_of


def place_of_reference(reference: TargetReference | None, order_at: datetime) -> Place:
    """The place of a photo by what its name says; in no line when it says too little."""
    if reference is None:
        return Place(order_at, None, False)
    patient = reference.patient
    if patient.form is PatientForm.ID:
        return Place(order_at, order_key(int(patient.value), reference.type), True)
    return Place(order_at, f"{patient.form} {patient.value}|{reference.type}", False)
