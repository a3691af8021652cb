"""The pages that the layout leads to, and what those are told who may not come. Knows no web framework."""

from collections.abc import Container

from bridge.web.languages import N_, _
from bridge.web.visitors import Visitor, Who

NAVIGATION = (
    ("patient", N_("Patients"), Who.STAFF),
    ("held", N_("Held photos"), Who.NAMED),
    ("today", N_("Today"), Who.ANY),
    ("phones", N_("Phones"), Who.ANY),
    ("mappings", N_("Mappings"), Who.ANY),
    ("health", N_("Health"), Who.ANY),
    ("events", N_("Events"), Who.ADMIN),
    ("logs", N_("Log"), Who.ANY),
)
"""In the layout's order: a page's name, its words, who may come."""

NOT_FOR = {
    Who.ANY: N_(
        "Your account is not named in the bridge's config, so the clinics' own pages stay closed; ask the clinic's "
        "admin to name it in `staff.allow`."
    ),
    Who.STAFF: N_("This page needs your own account of the chart; sign in with it."),
    Who.NAMED: N_(
        "This page needs an account of the chart that the bridge's config names; sign in with one, or ask the clinic's "
        "admin to name yours in `staff.allow`."
    ),
    Who.ADMIN: N_(
        "This page is for the bridge's admins; ask the clinic's admin, or to be named in `staff.admins`, and sign in."
    ),
}
"""Why a page stays closed for those who are signed in, but not as those that it is for."""

_BY_ACCOUNT = frozenset({"events"})
"""What shows nothing without an account of the chart, to whomever else it is open."""


def shown_to(visitor: Visitor | None, names: Container[str]) -> list[tuple[str, str]]:
    """Of the pages of these names, those that are a visitor's: each page's name and words."""
    if visitor is None:
        return []
    return [
        (name, _(words))
        for name, words, who in NAVIGATION
        if name in names and visitor.may_come(who) and (name not in _BY_ACCOUNT or visitor.staff is not None)
    ]


def is_part_of(name: str, section: str) -> bool:
    """Whether a page belongs to one that the layout leads to."""
    return name == section or name.startswith(f"{section}_")
