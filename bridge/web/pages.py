"""All pages in one blueprint. A new page is one line here."""

from dataclasses import dataclass

from flask import Blueprint

from bridge.admission import Admission
from bridge.medimage import PairingDesk
from bridge.photos import Store
from bridge.web.ended_sessions import EndedSessions
from bridge.web.events_views import add_events
from bridge.web.frame import Frame
from bridge.web.health import HealthBoard
from bridge.web.health_views import add_health
from bridge.web.held_views import add_held
from bridge.web.log_views import add_logs
from bridge.web.mapping_views import add_mappings
from bridge.web.mappings import PageMappings
from bridge.web.operations import Operations
from bridge.web.patient_views import add_patient
from bridge.web.phone_views import add_phones
from bridge.web.preference_views import add_preferences
from bridge.web.settings import LogLines, PageSettings
from bridge.web.sign_in_views import add_sign_in
from bridge.web.today import Today
from bridge.web.today_views import add_today
from bridge.web.visitors import FrontDesk


@dataclass(frozen=True)
class PageSources:
    """What the pages show and act on."""

    desk: PairingDesk
    lines: LogLines
    mappings: PageMappings
    operations: Operations
    store: Store
    today: Today
    health: HealthBoard
    ended: EndedSessions


def pages_blueprint(settings: PageSettings, admission: Admission, sources: PageSources) -> Blueprint:
    """The pages: `/sign-in/`, `/sign-out/`, `/preferences/`, each page that is added here, and `/static/` for their
    looks.

    It signs the application's sessions with a key derived from the admission's.
    """
    front_desk = FrontDesk(settings, admission, sources.operations.staff, sources.ended)
    frame = Frame(settings, front_desk)
    add_sign_in(frame, front_desk, sources.operations)
    add_preferences(frame)
    add_today(frame, sources.today)
    add_patient(frame, sources.operations)
    add_held(frame, sources.operations)
    add_phones(frame, sources.desk, sources.store)
    add_mappings(frame, sources.mappings)
    add_health(frame, sources.health)
    add_logs(frame, sources.lines)
    add_events(frame, sources.operations)
    return frame.blueprint(admission)
