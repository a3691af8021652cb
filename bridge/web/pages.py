"""All pages in one blueprint. A new page is one line here."""

from flask import Blueprint

from bridge.admission import Admission
from bridge.medimage import PairingDesk
from bridge.web.frame import Frame
from bridge.web.log_views import add_logs
from bridge.web.mapping_views import add_mappings
from bridge.web.mappings import PageMappings
from bridge.web.phone_views import add_phones
from bridge.web.settings import LogLines, PageSettings
from bridge.web.sign_in_views import add_sign_in
from bridge.web.visitors import FrontDesk


def pages_blueprint(
    settings: PageSettings, admission: Admission, desk: PairingDesk, lines: LogLines, mappings: PageMappings
) -> Blueprint:
    """The pages: `/sign-in/`, `/sign-out/`, `/phones/`, `/mappings/`, `/logs/`, and `/static/` for their looks.

    It signs the application's sessions with a key derived from the admission's.
    """
    front_desk = FrontDesk(settings, admission)
    frame = Frame(settings, front_desk)
    add_sign_in(frame, front_desk)
    add_phones(frame, desk)
    add_mappings(frame, mappings)
    add_logs(frame, lines)
    return frame.blueprint(admission)
