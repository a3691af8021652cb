"""The deliveries' later looks beside a move: they take nothing away that a move has made, nor does a photo adopt it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from move_site import PLACE, PRACTICE, RIGHT, SETTINGS, WRONG, End, KilledError, Site, order, pixels

from bridge.delivery import Desk, LateLooks, marked
from bridge.delivery.settle import find_in_chart
from bridge.photos import MoveState
from bridge.sandbox import SandboxServer
from phone import picture


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with SandboxServer() as chart:
        site = Site(tmp_path, chart)
        for image in site.images(RIGHT, WRONG):
            site.client.delete_image(image.id)
        yield site
        site.close()


def look(site: Site) -> None:
    """Look for all attempts' images as if it were time."""
    with site.store.writing() as connection:
        connection.exec_driver_sql("UPDATE attempts SET look_at = started_at")
    desk = Desk(PRACTICE, site.settings, site.client, cast(Any, None), cast(Any, None), ZoneInfo("UTC"))
    LateLooks(site.store, {PRACTICE: desk}, SETTINGS).work()
    assert site.store.due_looks(10) == []


@pytest.fixture
def sent() -> bytes:
    """A picture with a mark, as deliveries send it."""
    with_mark = marked(picture(1), 4711)
    assert with_mark is not None
    return with_mark


@pytest.mark.parametrize("at", range(1, 17))
def test_a_look_at_any_moment_of_a_move_leaves_the_picture_with_one_patient(site: Site, sent: bytes, at: int) -> None:
    photo, image_id = site.delivered(sent)
    try:
        with site.mover(End(at)) as mover:
            mover.carry_out(mover.order(order(image_id)), 20)
    except KilledError:
        look(site)
    assert site.images(RIGHT, WRONG)
    for move in site.store.moves_from(site.chart.url, image_id):
        assert site.finish(move.id).state is MoveState.MOVED
        look(site)
        assert site.pictures(RIGHT) == [pixels(picture(1))]
    assert len(site.images(RIGHT, WRONG)) == 1
    receipt = site.store.receipt(photo.id)
    assert receipt is not None
    assert [each.id for each in site.images(RIGHT, WRONG)] == [receipt.image_id]


def test_a_look_leaves_what_was_moved_there_and_back(site: Site, sent: bytes) -> None:
    _photo, image_id = site.delivered(sent)
    for patient in (RIGHT, WRONG):
        with site.mover() as mover:
            move = site.finish(mover.order(order(image_id, patient)).id)
        assert move.new_image_id is not None
        image_id = move.new_image_id
        look(site)
    assert [each.id for each in site.images(RIGHT, WRONG)] == [image_id]


def test_what_an_earlier_try_had_left_is_still_taken_away_after_the_move(site: Site, sent: bytes) -> None:
    _photo, image_id = site.delivered(sent)
    late = site.put(sent)
    with site.mover() as mover:
        move = site.finish(mover.order(order(image_id)).id)
    assert {each.id for each in site.images(RIGHT, WRONG)} == {late, move.new_image_id}
    look(site)
    assert [each.id for each in site.images(RIGHT, WRONG)] == [move.new_image_id]


def test_another_photo_with_the_same_picture_does_not_take_the_copy_for_its_own(site: Site) -> None:
    image_id = site.put(b"it cannot be marked")
    with site.mover() as mover:
        move = site.finish(mover.order(order(image_id)).id)
    _photo, attempt = site.sending(b"it cannot be marked")
    there = replace(attempt, target=replace(PLACE, patient=RIGHT))
    known = site.store.known_hashes
    assert find_in_chart(there, site.client, lambda _ids: {}) == move.new_image_id
    assert find_in_chart(there, site.client, lambda ids: known(site.chart.url, ids)) is None
