"""`/held/`: photos that wait for a person, one after another or several at once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Response, request

from bridge.charting import RefusedError
from bridge.holds import HoldReason
from bridge.web.byte_answers import byte_answer
from bridge.web.frame import Frame, json_answer, page, required_staff, see_other, wants_json
from bridge.web.held import HeldPhotos, HeldView
from bridge.web.held_acts import ASSIGNMENTS, BY_TYPE, NONE, TODAY, Done, HeldActs, Wanted
from bridge.web.held_keys import ACT_KEYS, BY_TYPE_KEY, NO_STATION_KEY, SEARCH_KEY, TYPE_KEYS, station_keys
from bridge.web.held_rows import KINDS, SLIPS, TYPES
from bridge.web.held_words import ADVICE, FROM_BACKUP, HEADINGS
from bridge.web.languages import N_, _, spoken
from bridge.web.operations import Operations
from bridge.web.visitors import Visitor, Who

PREVIEW_PIXELS = 1280
SMALL_PIXELS = 160
DISCARD_REASONS = (
    N_("Taken by mistake"),
    N_("Too blurred or too dark"),
    N_("It is in the chart already"),
    N_("No picture of a patient"),
)
_FORM_STAYS = frozenset({400, 502, 503, 504})
_ACTS = ASSIGNMENTS | {"retry", "send-as-is", "discard"}
_NO_ACT = N_("The bridge did not understand which button was pressed; go back and try again.")
_NO_PATIENT = N_("Choose the patient, then file the photo.")
_NO_TYPE = N_("Choose the type, then file the photo.")
_NO_REASON = N_("Say why the photo is discarded; it is kept.")
_NO_PHOTOS = N_("Tick some photos, or all of them.")


def add_held(frame: Frame, operations: Operations) -> None:
    """The pages, for staff whom the config names."""
    zones = {each.name: each.time_zone for each in frame.settings.practices}
    pages = _Pages(HeldPhotos(operations, zones.__getitem__), HeldActs(operations), operations)

    def add(path: str, name: str, view: Callable[..., Response], *methods: str) -> None:
        frame.add(path, name, view, *methods, who=Who.NAMED)

    add("/held/", "held", pages.next)
    add("/held/<int:photo_id>/", "held_photo", pages.one, "GET", "POST")
    add("/held/list/", "held_list", pages.several, "GET", "POST")
    add("/held/undo/", "held_undo", pages.undo, "POST")
    add("/held/search/", "held_search", pages.search)
    add("/held/<int:photo_id>/preview", "held_preview", pages.preview)
    add("/held/headshots/<int:image_id>", "held_headshot", pages.headshot)


class _Pages:
    def __init__(self, held: HeldPhotos, acts: HeldActs, operations: Operations) -> None:
        self._held = held
        self._acts = acts
        self._operations = operations

    def next(self, visitor: Visitor) -> Response:
        """The photo after the one that was just helped, or the first one."""
        staff, after = required_staff(visitor), request.args.get("after", 0, type=int)
        following = self._held.following(staff, after, _reason()) if after > 0 else self._held.newest(staff, _reason())
        if following is None:
            return page("held_none.html", pending=self._held.pending(staff), reason=_reason(), **_words())
        return self._photo(visitor, following)

    def one(self, visitor: Visitor, photo_id: int) -> Response:
        """A photo; where it is no more to be helped, the way to the next one."""
        try:
            return self._helped(visitor, photo_id) if request.method == "POST" else self._photo(visitor, photo_id)
        except RefusedError as error:
            if error.status != 409 or wants_json():
                raise
            return self._refused(visitor, photo_id, error)

    def _helped(self, visitor: Visitor, photo_id: int) -> Response:
        wanted = _wanted()
        sentence = _missing(wanted)
        if sentence:
            return self._photo(visitor, photo_id, 400, _(sentence), wanted)
        try:
            self._acts.act(required_staff(visitor), photo_id, wanted)
        except RefusedError as error:
            if error.status not in _FORM_STAYS:
                raise
            return self._photo(visitor, photo_id, error.status, error.said_by(_), wanted)
        return see_other("held", after=photo_id, reason=_reason())

    def undo(self, visitor: Visitor) -> Response:
        photo_ids = request.form.getlist("photo", type=int)
        try:
            self._acts.undo(required_staff(visitor), photo_ids)
        except RefusedError as error:
            if error.status != 409 or wants_json():
                raise
            return self._refused(visitor, photo_ids[0], error)
        return see_other("held_photo", photo_id=photo_ids[0]) if len(photo_ids) == 1 else see_other("held_list")

    def several(self, visitor: Visitor) -> Response:
        if request.method != "POST":
            return self._list(visitor)
        wanted = replace(_wanted(), patient="")
        ids = request.form.getlist("shown" if "all" in request.form else "photo", type=int)
        needs = _missing(wanted) if wanted.act not in ASSIGNMENTS else "" if wanted.type else _NO_TYPE
        if needs or not ids:
            return self._list(visitor, 400, _(needs or _NO_PHOTOS))
        return self._list(visitor, done=self._acts.act_on_all(required_staff(visitor), ids, wanted))

    def search(self, visitor: Visitor) -> Response:
        rows, hint = self._held.search(required_staff(visitor), request.args.get("q", ""))
        return json_answer({"patients": [each.to_json() for each in rows], "hint": hint})

    def preview(self, visitor: Visitor, photo_id: int) -> Response:
        edge = SMALL_PIXELS if request.args.get("size") == "small" else PREVIEW_PIXELS
        return self._bytes(visitor, "previewPhoto", {"photo_id": photo_id}, {"edge": edge})

    def headshot(self, visitor: Visitor, image_id: int) -> Response:
        return self._bytes(visitor, "fetchThumbnail", {"image_id": image_id})

    def _bytes(
        self, visitor: Visitor, name: str, path: Mapping[str, object], query: Mapping[str, object] | None = None
    ) -> Response:
        headers = dict(request.headers.items())
        return byte_answer(
            self._operations.reply(required_staff(visitor), name, path=path, query=query, headers=headers)
        )

    def _photo(
        self, visitor: Visitor, photo_id: int, status: int = 200, sentence: str = "", wanted: Wanted | None = None
    ) -> Response:
        staff = required_staff(visitor)
        search = request.args.get("q", "").strip()
        view = self._held.view(staff, photo_id, search)
        return page(
            "held.html",
            status,
            view=view,
            chosen=wanted or _chosen(view),
            queue=self._held.queue(staff, photo_id, _reason()),
            search=search,
            sentence=sentence,
            pending=self._held.pending(staff),
            station_keys=station_keys(view.places.stations),
            several_practices=len(staff.practices) > 1,
            reason=_reason(),
            **_words(),
        )

    def _refused(self, visitor: Visitor, photo_id: int, error: RefusedError) -> Response:
        """Somebody was faster: what there is to say of it, and the way on."""
        staff, reason = required_staff(visitor), _reason()
        following = self._held.following(staff, photo_id, reason)
        sentence = error.said_by(_)
        return page("held_refused.html", error.status, sentence=sentence, following=following, reason=reason)

    def _list(self, visitor: Visitor, status: int = 200, sentence: str = "", done: Done | None = None) -> Response:
        staff, reason = required_staff(visitor), _reason()
        before = request.args.get("before", type=int) if reason else None
        return page(
            "held_list.html",
            status,
            groups=self._held.groups(staff, reason, before),
            pending=self._held.pending(staff),
            several_practices=len(staff.practices) > 1,
            sentence=sentence,
            done=done,
            reason=reason,
            before=before,
            **_words(),
        )


def _words() -> dict[str, Any]:
    """What the templates need besides a photo."""
    return {
        "headings": HEADINGS,
        "advice": ADVICE,
        "from_backup": FROM_BACKUP,
        "slips": SLIPS,
        "kinds": KINDS,
        "types": TYPES,
        "type_keys": {kind.value: key for kind, key in TYPE_KEYS.items()},
        "keys": ACT_KEYS | {"by-type": BY_TYPE_KEY, "none": NO_STATION_KEY, "search": SEARCH_KEY},
        "by_type": BY_TYPE,
        "no_place": NONE,
        "today": TODAY,
        "discard_reasons": DISCARD_REASONS,
        "in_english": spoken() == "en",
        "now": datetime.now(UTC),
    }


def _chosen(view: HeldView) -> Wanted:
    """What is chosen beforehand."""
    patient = str(view.chosen_patient or "")
    return Wanted("", patient, view.chosen_type, view.chosen_station, view.chosen_clinic)


def _wanted() -> Wanted:
    """What the form says. Raises RefusedError (400) for an act that there is not."""
    form = request.form
    act, patient = form.get("act", ""), form.get("patient", "")
    if act not in _ACTS or (patient and not (patient.isdecimal() and patient.isascii() and len(patient) < 16)):
        raise RefusedError(400, _NO_ACT)
    reason = form.get("other_reason", "").strip() or form.get("why", "").strip()
    return Wanted(act, patient, form.get("type", ""), form.get("station", ""), form.get("clinic", ""), reason)


def _missing(wanted: Wanted) -> str:
    """What a person has forgotten to say, to be translated."""
    if wanted.act == "discard" and not wanted.reason:
        return _NO_REASON
    if wanted.act not in ASSIGNMENTS:
        return ""
    return _NO_PATIENT if not wanted.patient else "" if wanted.type else _NO_TYPE


def _reason() -> str | None:
    """The reason whose photos alone are meant; None for all, and for one that there is not."""
    given = request.values.get("reason")
    return given if given in {each.value for each in HoldReason} else None
