"""Photos, events and receipts as plain dicts, for JSON answers and listings."""

from typing import Any

from bridge.photos.records import Event, Photo, Receipt
from bridge.targets import ChartTarget


def photo_json(photo: Photo) -> dict[str, Any]:
    """A photo; times are ISO 8601, `captured_at` without zone (the phone's local time)."""
    return {
        "id": photo.id,
        "practice": photo.practice,
        "name": photo.name,
        "state": photo.state.value,
        "hold": {"reason": photo.hold.reason.value, "sentence": photo.hold.sentence} if photo.hold else None,
        "received_at": photo.received_at.isoformat(),
        "captured_at": photo.captured_at.isoformat() if photo.captured_at else None,
        "source": photo.source.value,
        "media_type": photo.media_type,
        "size_bytes": photo.size_bytes,
        "sha256": photo.sha256,
        "attempts": photo.attempts,
        "mapping_version": photo.mapping_version,
        "assigned": _target_json(photo.assigned) if photo.assigned else None,
        "bytes_gone_at": photo.bytes_gone_at.isoformat() if photo.bytes_gone_at else None,
    }


def event_json(event: Event) -> dict[str, Any]:
    """One change of state."""
    return {
        "at": event.at.isoformat(),
        "from": event.from_state.value if event.from_state else None,
        "to": event.to_state.value,
        "reason": event.reason,
        "detail": event.detail,
        "actor": event.actor,
    }


def receipt_json(receipt: Receipt) -> dict[str, Any]:
    """The proof of a delivery."""
    return {
        "chart": receipt.chart,
        "image_id": receipt.image_id,
        "target": _target_json(receipt.target),
        "data_sha256": receipt.data_sha256,
        "data_length": receipt.data_length,
        "read_back": receipt.read_back,
        "delivered_at": receipt.delivered_at.isoformat(),
    }


def _target_json(target: ChartTarget) -> dict[str, Any]:
    return {"patient": target.patient, "type": target.type.value, "clinic": target.clinic, "station": target.station}
