"""The MedImage door: what phones and MedImage servers speak.

`medimage_blueprint` has the routes; `Reception` receives one upload without knowing Flask.
"""

from bridge.medimage.multipart_body import Body
from bridge.medimage.reception import Reception
from bridge.medimage.refusals import UploadCutError, UploadRefusedError
from bridge.medimage.views import STORED, medimage_blueprint

__all__ = ["STORED", "Body", "Reception", "UploadCutError", "UploadRefusedError", "medimage_blueprint"]
