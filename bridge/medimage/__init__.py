"""The MedImage door: what phones and MedImage servers speak.

`medimage_blueprint` has the routes; `Reception` receives one upload without knowing Flask. `PhotoServer` is the other
side: it sends photos as a phone does.
"""

from bridge.medimage.checking import Checks
from bridge.medimage.migration import Migration, migrate
from bridge.medimage.multipart_body import Body
from bridge.medimage.offers import Offers
from bridge.medimage.pairing import (
    PairingCode,
    PairingError,
    PairingInputError,
    PairingService,
    ServiceAwayError,
    ask_for_code,
    write_address,
)
from bridge.medimage.pairing_codes import CodeBook, MemoryCodeBook, SharedCodeBook, new_guid
from bridge.medimage.pairing_desk import PairingDesk, PairingSettings, PhoneAddress, practice_with_token
from bridge.medimage.pairing_views import pairing_blueprint
from bridge.medimage.proxy_client import proxy_trouble
from bridge.medimage.proxy_pairing import PairedReader
from bridge.medimage.proxy_reading import ProxyReader
from bridge.medimage.proxy_source import ProxyAddressError, ReadSettings, ReadSource
from bridge.medimage.qr import terminal_text
from bridge.medimage.read_views import read_blueprint
from bridge.medimage.reception import Reception
from bridge.medimage.refusals import UploadCutError, UploadRefusedError
from bridge.medimage.sender import PhotoServer, SendError
from bridge.medimage.senders import Sender, SenderDay, SenderKind, Senders, SharedNotes, senders_lately
from bridge.medimage.views import STORED, medimage_blueprint

__all__ = [
    "STORED",
    "Body",
    "Checks",
    "CodeBook",
    "MemoryCodeBook",
    "Migration",
    "Offers",
    "PairedReader",
    "PairingCode",
    "PairingDesk",
    "PairingError",
    "PairingInputError",
    "PairingService",
    "PairingSettings",
    "PhoneAddress",
    "PhotoServer",
    "ProxyAddressError",
    "ProxyReader",
    "ReadSettings",
    "ReadSource",
    "Reception",
    "SendError",
    "Sender",
    "SenderDay",
    "SenderKind",
    "Senders",
    "ServiceAwayError",
    "SharedCodeBook",
    "SharedNotes",
    "UploadCutError",
    "UploadRefusedError",
    "ask_for_code",
    "medimage_blueprint",
    "migrate",
    "new_guid",
    "pairing_blueprint",
    "practice_with_token",
    "proxy_trouble",
    "read_blueprint",
    "senders_lately",
    "terminal_text",
    "write_address",
]
