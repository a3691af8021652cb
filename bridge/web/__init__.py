"""The web door: pages for people.

`pages_blueprint` has the routes. `FrontDesk` knows who may see what without knowing Flask; a page is a module of views,
a template, and a line in `pages.py`.
"""

from bridge.web.ended_sessions import EndedSessions
from bridge.web.health import HealthBoard
from bridge.web.mappings import PageMappings
from bridge.web.operations import Operations
from bridge.web.pages import PageSources, pages_blueprint
from bridge.web.settings import LogLines, PagePractice, PageSettings
from bridge.web.today import Today

__all__ = [
    "EndedSessions",
    "HealthBoard",
    "LogLines",
    "Operations",
    "PageMappings",
    "PagePractice",
    "PageSettings",
    "PageSources",
    "Today",
    "pages_blueprint",
]
