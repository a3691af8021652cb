"""Images that were moved several times, and those whose photo the bridge may yet deliver."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from move_site import OTHER, RIGHT, WRONG, Site, order

from bridge.charting import RefusedError
from bridge.holds import Hold, HoldReason
from bridge.photos import MoveState, PhotoState
from bridge.sandbox import SandboxServer
from phone import picture


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with SandboxServer() as chart:
        site = Site(tmp_path, chart)
        for image in site.images(RIGHT, WRONG, OTHER):
            site.client.delete_image(image.id)
        yield site
        site.close()


def moved(site: Site, image_id: int, patient: int) -> int:
    with site.mover() as mover:
        move = mover.carry_out(mover.order(order(image_id, patient)), 20)
    assert move.state is MoveState.MOVED
    assert move.new_image_id is not None
    return move.new_image_id


def refusal(site: Site, image_id: int, patient: int) -> RefusedError:
    with site.mover() as mover, pytest.raises(RefusedError) as caught:
        mover.order(order(image_id, patient))
    return caught.value


def test_an_image_whose_photo_is_held_is_not_moved_until_a_person_has_seen_to_the_photo(site: Site) -> None:
    photo, _attempt = site.sending(picture(1))
    image_id = site.put(picture(1))
    site.store.hold(photo, Hold(HoldReason.TRIED_TOO_LONG, "The chart did not answer for days; retry the photo."))
    refused = refusal(site, image_id, RIGHT)
    assert refused.status == 409
    assert f"photo {photo.id}, which waits for a person; retry or discard the photo first" in refused.sentence
    site.store.discard(photo.id, "sofia", "it is there already")
    moved(site, image_id, RIGHT)
    assert [each.patient for each in site.images(RIGHT, WRONG)] == [RIGHT]


def test_an_image_whose_photo_is_just_being_delivered_is_not_moved(site: Site) -> None:
    photo, _attempt = site.sending(picture(1))
    refused = refusal(site, site.put(picture(1)), RIGHT)
    assert (refused.status, f"just delivering this image's photo ({photo.id})" in refused.sentence) == (409, True)
    site.store.requeue(photo, datetime.now(UTC), "retry", "")
    assert site.store.photo(photo.id).state is PhotoState.QUEUED
    assert refusal(site, site.images(WRONG)[0].id, RIGHT).status == 409


def test_who_asks_for_an_image_by_an_old_number_hears_where_it_is_now(site: Site) -> None:
    first = site.put(picture(1))
    second = moved(site, first, RIGHT)
    third = moved(site, second, OTHER)
    refused = refusal(site, first, RIGHT)
    assert (refused.status, refused.sentence) == (
        404,
        f"The chart has no image {first}; it is image {third} of patient {OTHER} now; check its number.",
    )
    with site.mover() as mover:
        assert mover.order(order(first, OTHER)).new_image_id == third
    site.client.delete_image(third)
    assert f"image {third} of patient {OTHER}, which is gone, too" in refusal(site, first, RIGHT).sentence


def test_each_old_image_that_is_gone_is_told(site: Site) -> None:
    gone: list[tuple[str, int]] = []
    image_id = site.put(picture(1))
    with site.mover() as mover:
        mover.tells(lambda chart, image: gone.append((chart, image)))
        mover.carry_out(mover.order(order(image_id)), 20)
    assert [image for _, image in gone] == [image_id]
    assert {chart.startswith(site.chart.url) for chart, _ in gone} == {True}
