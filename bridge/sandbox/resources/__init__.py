"""The chart's resources, one module each, and the addresses they answer at."""

import re

from bridge.sandbox.calls import Resource
from bridge.sandbox.resources import clinics, consents, images, patients, registrations, stations, users, xrays

__all__ = ["ROUTES"]

_ROOT = "/tscharts/v1/"


def _route(resource: Resource, pattern: str = "{word}/(?:([0-9]+)/)?") -> tuple[re.Pattern[str], Resource]:
    return re.compile(_ROOT + pattern.format(word=resource.word)), resource


ROUTES = (
    _route(users.LOGIN, "{word}/"),
    _route(users.LOGOUT, "{word}/"),
    _route(users.CREATE_USER, "{word}/"),
    _route(users.UPDATE_PIN, "{word}/"),
    _route(users.UPDATE_PASSWORD, "{word}/"),
    _route(images.IMAGE),
    _route(clinics.CLINIC),
    # What follows a station's id is not looked at, and a patient search does without its slash.
    _route(stations.STATION, "{word}/(?:([0-9]+)/.*)?"),
    _route(stations.CLINIC_STATION),
    _route(patients.PATIENT, "{word}/?(?:([0-9]+)/)?"),
    _route(registrations.REGISTER),
    _route(consents.CONSENT),
    _route(xrays.XRAY),
)
"""Each address as a pattern for the whole path, with the id as its group, and the resource that answers there."""
