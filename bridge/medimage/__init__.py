"""The MedImage door: what phones and MedImage servers speak.

`medimage_blueprint` has the routes; `Reception` receives one upload without knowing Flask. `PhotoServer` is the other
side: it sends photos as a phone does.
"""

from bridge.medimage.multipart_body import Body
from bridge.medimage.reception import Reception
from bridge.medimage.refusals import UploadCutError, UploadRefusedError
from bridge.medimage.sender import PhotoServer, SendError
from bridge.medimage.views import STORED, medimage_blueprint

__all__ = [
    "STORED",
    "Body",
    "PhotoServer",
    "Reception",
    "SendError",
    "UploadCutError",
    "UploadRefusedError",
    "medimage_blueprint",
]
