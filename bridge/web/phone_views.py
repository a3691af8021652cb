"""`/phones/`: how phones are paired with a practice."""

from datetime import UTC, datetime

from flask import Response, request, session

from bridge.charting import RefusedError
from bridge.errors import BridgeError
from bridge.medimage import PairingDesk, PhoneAddress, SharedNotes
from bridge.web.frame import Frame, page, see_other
from bridge.web.languages import N_, _
from bridge.web.phones import KeptCode, PagesLockedError, PhonePairing, Wish
from bridge.web.visitors import Visitor

_NO_ADDRESS = N_("This practice has no address yet; open its page and get a code first.")
_NO_WISH = N_("The bridge did not understand which button was pressed; go back and try again.")

_CODE = "code"
"""Where a session keeps the code that was shown last: another language, or a reload, does not lose it."""


def add_phones(frame: Frame, desk: PairingDesk, notes: SharedNotes) -> None:
    """The page, and the QR code of a practice's address as files."""

    def pairing(visitor: Visitor) -> PhonePairing | None:
        practice = frame.chosen_practice(visitor)
        return PhonePairing(desk, practice, frame.settings.locked, notes) if practice else None

    def phones(visitor: Visitor) -> Response:
        of_practice = pairing(visitor)
        if of_practice is None:
            return page("choose_practice.html", practices=frame.practices_of(visitor))
        several = len(frame.practices_of(visitor)) > 1
        return _answer_button(of_practice, several) if request.method == "POST" else _page(of_practice, several)

    def png(visitor: Visitor) -> Response:
        return Response(_address(pairing(visitor)).png_bytes(), content_type="image/png")

    def svg(visitor: Visitor) -> Response:
        return Response(_address(pairing(visitor)).svg_text(), content_type="image/svg+xml")

    frame.add("/phones/", "phones", phones, "GET", "POST")
    frame.add("/phones/qr.png", "phones_png", png)
    frame.add("/phones/qr.svg", "phones_svg", svg)


def _answer_button(pairing: PhonePairing, several: bool) -> Response:
    wish = request.form.get("wish")
    try:
        if wish == Wish.CODE:
            session[_CODE] = pairing.new_code().values()
            return see_other("phones", practice=pairing.practice.name)
        if wish == Wish.ADDRESS:
            pairing.make_address()
            return see_other("phones", practice=pairing.practice.name)
    except PagesLockedError as error:
        return _page(pairing, several, 403, sentence=_(str(error)))
    except BridgeError as error:
        return _page(pairing, several, 503, sentence=_(str(error)))
    raise RefusedError(400, _NO_WISH)


def _page(pairing: PhonePairing, several: bool, status: int = 200, sentence: str = "") -> Response:
    now = datetime.now(UTC)
    return page(
        "phones.html",
        status,
        practice=pairing.practice.name,
        several=several,
        address=pairing.address,
        may_get_code=pairing.may(Wish.CODE),
        may_make_address=pairing.may(Wish.ADDRESS),
        code=pairing.shown(KeptCode.of(session[_CODE]) if _CODE in session else None, now),
        sentence=sentence,
        lately=pairing.lately(now),
        zone=pairing.practice.time_zone.key,
    )


def _address(pairing: PhonePairing | None) -> PhoneAddress:
    """The address to draw. Raises RefusedError when there is none."""
    address = pairing.address if pairing else None
    if address is None:
        raise RefusedError(404, _NO_ADDRESS)
    return address
