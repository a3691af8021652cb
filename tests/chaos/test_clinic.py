"""The invented clinic: its photos are told by their pixels, and a wrong chart is found wrong."""

import base64
import dataclasses
import io
from datetime import datetime

from clinic import ZONE, day_of_shots, misfiled, number_in, out_of_order
from PIL import Image

from bridge.sandbox import StoredImage

SHOTS = day_of_shots(40, 5)


def filed(places: dict[int, int]) -> list[StoredImage]:
    """A chart that holds photos, each under an image id."""
    shots = {shot.number: shot for shot in SHOTS}
    return [
        StoredImage(
            image_id,
            shots[number].target.patient,
            shots[number].target.clinic,
            shots[number].target.station,
            shots[number].target.type.value,
            base64.b64encode(shots[number].content).decode(),
            datetime.now(ZONE),
        )
        for image_id, number in places.items()
    ]


IN_ORDER = {number: number for number in range(1, 41)}


def test_a_number_is_read_from_the_pixels_even_when_they_were_encoded_again() -> None:
    for shot in [*day_of_shots(3, 1), *day_of_shots(3, 1, large=True)]:
        with Image.open(io.BytesIO(shot.content)) as image:
            buffer = io.BytesIO()
            image.resize((image.width // 2, image.height // 2)).save(buffer, "JPEG", quality=30)
        assert number_in(base64.b64encode(buffer.getvalue()).decode()) == shot.number


def test_large_photos_have_about_300_kilobytes() -> None:
    assert all(280_000 < len(shot.content) < 330_000 for shot in day_of_shots(3, 2, large=True))


def test_a_day_has_different_photos_of_several_patients_and_types_and_some_share_a_name() -> None:
    shots = day_of_shots(1000, 5)
    assert len({shot.content for shot in shots}) == 1000
    assert len({(shot.target.patient, shot.target.type) for shot in shots}) == 12 * 4
    assert 900 < len({shot.name for shot in shots}) < 1000


def test_the_same_seed_gives_the_same_day() -> None:
    assert [shot.target for shot in day_of_shots(40, 5)] == [shot.target for shot in SHOTS]
    assert [shot.target for shot in day_of_shots(40, 6)] != [shot.target for shot in SHOTS]


def test_a_chart_is_right_when_each_photo_is_there_once_on_its_target() -> None:
    assert misfiled(SHOTS, filed(IN_ORDER)) == {}


def test_photos_that_are_missing_twice_or_elsewhere_are_found() -> None:
    images = filed({**IN_ORDER, 99: 7})[1:]
    images[3] = dataclasses.replace(images[3], patient=123)
    wrong = misfiled(SHOTS, images)
    assert wrong["missing"] == [1]
    assert wrong["twice"] == [7]
    assert len(wrong["wrong place"]) == 1


def test_an_order_that_is_not_that_of_capture_is_found() -> None:
    assert out_of_order(SHOTS, filed(IN_ORDER)) == []
    backwards = {100 - number: number for number in range(1, 41)}
    assert out_of_order(SHOTS, filed(backwards)) != []
