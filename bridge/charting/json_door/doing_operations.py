"""All operations of the JSON door that change something."""

from bridge.charting.audit import Audit
from bridge.charting.deleting import Deletions
from bridge.charting.json_door.delete_operations import delete_operations
from bridge.charting.json_door.frame import Operation
from bridge.charting.json_door.held_operations import held_operations
from bridge.charting.json_door.held_queue_operations import held_queue_operations
from bridge.charting.json_door.move_operations import move_operations
from bridge.charting.json_door.photo_answers import Photos
from bridge.charting.json_door.photo_operations import photo_operations
from bridge.charting.likely_patients import LikelyPatients
from bridge.charting.moves import Mover
from bridge.charting.noting import Notes
from bridge.charting.patient_finder import PatientFinder
from bridge.charting.repeats import RepeatedPosts
from bridge.charting.thumbnails import Thumbnails
from bridge.imaging import Workshop
from bridge.photos import Store


def doing_operations(
    store: Store,
    mover: Mover,
    workshop: Workshop,
    audit: Audit,
    repeats: RepeatedPosts,
    thumbnails: Thumbnails,
) -> tuple[Operation, ...]:
    """Moving and deleting images; photos of the bridge, and help for them."""
    photos = Photos(store, workshop, audit)
    return (
        *move_operations(mover, store, thumbnails),
        *delete_operations(Deletions(Notes(audit), repeats), store, thumbnails),
        *photo_operations(store, mover.desks, photos),
        *held_operations(store, mover.desks, photos, LikelyPatients(PatientFinder())),
        *held_queue_operations(store),
    )
