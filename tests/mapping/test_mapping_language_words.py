"""One word in all its spellings, and numbers that are no patients because they say when a photo was taken."""

import random
import unicodedata
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from bridge.mapping import Mapping, Resolution, load_mapping, resolve
from bridge.tags import parse_name

TAIL = "21-Nov-2026-10-11-12"
CLINIC = """\
version: 1
patient:
  id: {form: id}
  curp: {form: curp}
  old: {form: oldid, prefix: [viejo]}
  wristband: {form: oldid, pattern: "TJ-?([0-9]{3,6})"}
types:
  Headshot: {aliases: [cara]}
  Xray: {aliases: [x-ray, rayos x]}
  Surgery: {aliases: [cirugía]}
stations: {X-Ray: }
defaults: {station_by_time: [{from: "08:00", until: "12:00", station: X-Ray}]}
"""


@pytest.fixture
def mapping(write: Callable[[str | bytes], Path]) -> Mapping:
    return load_mapping(write(CLINIC))


def resolved(name: str, mapping: Mapping) -> Resolution:
    return resolve(parse_name(name), mapping)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize(
    ("typed", "image_type"),
    [
        ("X-Ray", "Xray"),
        ("x ray", "Xray"),
        ("x-ray", "Xray"),
        ("xray", "Xray"),
        ("XRAY", "Xray"),
        ("#X-#Ray", "Xray"),
        ("##X-#Ray", "Xray"),
        ("#x #ray", "Xray"),
        ("X‑Ray", "Xray"),
        ("X–Ray.", "Xray"),
        ("RAYOS-X", "Xray"),
        ("Rayos X", "Xray"),
        ("#rayos-#x", "Xray"),
        ("rayosx", "Xray"),
        ("Cirugía", "Surgery"),
        ("cirugia", "Surgery"),
        ("CIRUGÍA", "Surgery"),
        ("CIRUGIA", "Surgery"),
        ("#Cirugía", "Surgery"),
    ],
)
@pytest.mark.parametrize("name", ["#123-{}-21-Nov-2026-10-11-12.jpg", "{} 123.JPG", "#{}-#123.heic.jpg"])
def test_a_word_is_known_in_every_spelling(name: str, typed: str, image_type: str, form: str, mapping: Mapping) -> None:
    written = unicodedata.normalize(form, name.format(typed))
    for name_on_disk in (written, written.encode()):
        found = resolve(parse_name(name_on_disk), mapping).reference
        assert found is not None
        assert (str(found.patient), found.type) == ("id 123", image_type)


@pytest.mark.parametrize("alias", ["cirugía", "CIRUGÍA", "cirugia", "ciruGi\u0301a"])
def test_the_spelling_in_the_file_does_not_count_either(alias: str, write: Callable[[str], Path]) -> None:
    mapping = load_mapping(
        write(f"version: 1\npatient: {{id: {{form: id}}}}\ntypes: {{Surgery: {{aliases: [{alias}]}}}}\n")
    )
    for typed in ("cirugía", "CIRUGI\u0301A", "Cirugia"):
        assert resolved(f"#7-{typed}.jpg", mapping).reference is not None


@pytest.mark.parametrize(
    "name",
    [
        f"#cara-{TAIL}.jpg",
        f"cara-{TAIL}.jpg",
        "#cara-123-Nov-2026-10-11-12.jpg",
        "#cara-1-jan-2026-1-2-3.jpg",
        "#cara-31-Feb-2026-10-11-12.jpg",
        "#cara-99-Foo-2026-99-99-99.jpg",
        f"#cara-{TAIL}.JPG.jpg",
        f"#viejo-{TAIL}.jpg",
        f"#TJ-{TAIL}.jpg",
        f"#cara-viejo-{TAIL}.jpg",
        f"#cara-{TAIL} (1).jpg",
        f"#cara-{TAIL}-1.jpg",
        f"#cara-{TAIL}-{TAIL}.jpg",
        f"#cara21-{TAIL}.jpg",
        f"#cara-{TAIL}-edited.jpg",
        "#cara-21-Nov-2026.jpg",
        "#cara-2026-11-21-10-11-12.jpg",
        "#cara-20261121_101112.jpg",
    ],
)
def test_a_number_that_says_when_is_never_a_patient(name: str, mapping: Mapping) -> None:
    found = resolved(name, mapping)
    assert found.reference is None
    assert found.hold is not None
    assert found.hold.reason in ("no-patient", "ambiguous-patient")


def test_whatever_the_time_at_its_end_a_name_names_the_same_patient(mapping: Mapping) -> None:
    chance = random.Random(7)
    words = ["123", "TJ", "1234", "viejo", "1001", "TJ-1234", "cara", "x-ray", "GALM150314MBCRPR01", "5", "nota"]
    patients = 0
    for _ in range(2000):
        typed = "-".join(f"{chance.choice(['', '#'])}{word}" for word in chance.choices(words, k=chance.randint(0, 4)))
        taken = datetime(*(chance.randint(1, most) for most in (9999, 12, 28, 23, 59, 59)))
        tail = taken.strftime("%d-%b-") + f"{taken.year:04}" + taken.strftime("-%H-%M-%S")
        with_time, without = resolved(f"#{typed}-{tail}.jpg", mapping), resolved(f"#{typed}.jpg", mapping)
        assert with_time.hold == without.hold
        patient, other = ((found.reference and found.reference.patient) for found in (with_time, without))
        assert patient == other
        patients += patient is not None
    assert patients > 100
