"""QR codes of pairing addresses: as a picture, as SVG for pages, and as text for a terminal.

Each has the quiet zone of four modules that readers need. Dark on light, whatever the page's colours are.
"""

import io

import segno

from bridge.errors import BridgeError

_QUIET_ZONE = 4
_ERROR_CORRECTION = "m"


class QrTooLongError(BridgeError):
    """This address is too long for a QR code; use a shorter server address."""


def png_bytes(address: str, scale: int = 8) -> bytes:
    """A PNG, `scale` pixels for each module. Raises QrTooLongError."""
    picture = io.BytesIO()
    _code(address).save(picture, kind="png", scale=scale, border=_QUIET_ZONE)
    return picture.getvalue()


def svg_text(address: str) -> str:
    """An SVG element without a size of its own, for a page or a file. Raises QrTooLongError."""
    picture = io.BytesIO()
    _code(address).save(
        picture,
        kind="svg",
        border=_QUIET_ZONE,
        light="white",
        omitsize=True,
        xmldecl=False,
        svgclass=None,
        lineclass=None,
        nl=False,
    )
    return picture.getvalue().decode()


def terminal_text(address: str) -> str:
    """Lines of block characters, two modules high each, light modules drawn: for light writing on a dark ground.

    Most readers take the reverse, too. Raises QrTooLongError.
    """
    text = io.StringIO()
    _code(address).terminal(text, border=_QUIET_ZONE, compact=True)
    return text.getvalue()


def _code(address: str) -> segno.QRCode:
    try:
        return segno.make_qr(address, error=_ERROR_CORRECTION)
    except segno.DataOverflowError:
        raise QrTooLongError from None
