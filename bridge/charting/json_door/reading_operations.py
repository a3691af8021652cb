"""All operations of the JSON door that change nothing."""

from bridge.charting.access import Access
from bridge.charting.json_door.event_operations import event_operations
from bridge.charting.json_door.frame import Operation
from bridge.charting.json_door.image_operations import image_operations
from bridge.charting.json_door.login_operations import login_operations
from bridge.charting.json_door.neighbour_operations import neighbour_operations
from bridge.charting.json_door.patient_operations import patient_operations
from bridge.charting.json_door.place_operations import place_operations
from bridge.charting.noting import Notes
from bridge.charting.patient_finder import PatientFinder
from bridge.charting.thumbnails import Thumbnails
from bridge.photos import ChartingStore


def reading_operations(
    access: Access, store: ChartingStore, notes: Notes, thumbnails: Thumbnails
) -> tuple[Operation, ...]:
    """Signing in, images, patients, places, events."""
    return (
        *login_operations(access),
        *patient_operations(PatientFinder()),
        *image_operations(thumbnails, notes),
        *neighbour_operations(),
        *place_operations(),
        *event_operations(store, notes),
    )
