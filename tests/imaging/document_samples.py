"""Invented PDF documents and DICOM files for the imaging tests."""

import io
import warnings
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

RED_SQUARE = "1 0 0 rg 20 20 60 60 re f"
BLUE_SQUARE = "0 0 1 rg 20 20 60 60 re f"


def pdf(*contents: str, box: str = "0 0 100 200", count: int | None = None, extra: str = "") -> bytes:
    """A PDF with a page for each content (drawing operators), or `count` times the first. `extra`: for the trailer."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for content in contents:
        number = len(objects) + 1
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents {number + 1} 0 R >>")
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
        kids.append(f"{number} 0 R")
    kids = kids[:1] * count if count is not None else kids
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    return _written(objects, extra)


def _written(objects: list[str], extra: str) -> bytes:
    file, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(file))
        file += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer << /Size {size} /Root 1 0 R {extra} >>\n"
    return file + f"{end}startxref\n{len(file)}\n%%EOF\n".encode()


def locked_pdf() -> bytes:
    """As written with a password that nobody knows."""
    rest = f"/O <{'5a' * 32}> /U <{'a5' * 32}>"
    return pdf(
        RED_SQUARE,
        extra=f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 {rest} >> /ID [<{'00' * 16}> <{'00' * 16}>]",
    )


def dicom(pixels: Any, photometric: str = "MONOCHROME2", bits: int | None = None, **tags: Any) -> bytes:
    """A DICOM file of numbers: (rows, columns), (rows, columns, 3), or several of those as frames."""
    colours = 3 if pixels.shape[-1] == 3 else 1
    rows_at = pixels.ndim - (3 if colours == 3 else 2)
    set_ = Dataset()
    set_.file_meta = FileMetaDataset()
    set_.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    set_.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    set_.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["invented"])
    set_.PatientName = "SECRET^INVENTED"
    set_.PatientID = "SECRET-7"
    set_.Rows, set_.Columns = pixels.shape[rows_at : rows_at + 2]
    set_.SamplesPerPixel = colours
    set_.PhotometricInterpretation = photometric
    if colours == 3:
        set_.PlanarConfiguration = 0
    if rows_at:
        set_.NumberOfFrames = pixels.shape[0]
    _describe(set_, pixels, bits or pixels.dtype.itemsize * 8)
    for name, value in tags.items():
        setattr(set_, name, value)
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        set_.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _describe(set_: Dataset, pixels: Any, bits: int) -> None:
    set_.BitsAllocated = pixels.dtype.itemsize * 8
    set_.BitsStored = bits
    set_.HighBit = bits - 1
    set_.PixelRepresentation = int(pixels.dtype.kind == "i")
    set_.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)


def ramp(brightest: int = 4095, kind: str = "uint16") -> Any:
    """64 rows of 256 columns, dark on the left, `brightest` on the right."""
    return np.tile(np.linspace(0, brightest, 256).astype(kind), (64, 1))
