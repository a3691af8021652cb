"""The bridge, or its line to the chart, ends at every moment of a move: the picture is with one patient in the end."""

import pytest
from move_site import OTHER, RIGHT, WRONG, End, KilledError, Site, order, pixels

from bridge.photos import Move, MoveState
from bridge.sandbox import Fault, FaultKind, SandboxServer
from phone import picture, wait_until

CALLS = 16
"""More than the calls that a move makes to its store and its chart; the last rounds end nothing."""


def begun(site: Site, image_id: int, end: End) -> Move | None:
    """A move that is begun by a bridge to which the end comes; None when it came before anything was recorded."""
    try:
        with site.mover(end) as mover:
            mover.carry_out(mover.order(order(image_id)), 20)
    except (KilledError, Exception):
        assert end.has_come
    moves = site.store.moves_from(site.chart.url, image_id)
    return moves[0] if moves else None


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("is_cut", [False, True], ids=["killed", "cut"])
@pytest.mark.parametrize("at", range(1, CALLS + 1))
def test_the_picture_is_with_one_patient_whenever_the_end_comes(
    site: Site, at: int, is_after: bool, is_cut: bool
) -> None:
    photo, image_id = site.delivered(picture(1))
    move = begun(site, image_id, End(at, is_after, is_cut))
    assert len(site.images(RIGHT, WRONG)) in (1, 2)
    if move is None:
        assert [each.id for each in site.images(RIGHT, WRONG)] == [image_id]
        return
    assert site.finish(move.id).state is MoveState.MOVED
    (there,) = site.images(RIGHT, WRONG)
    assert there.patient == RIGHT
    assert site.pictures(RIGHT) == [pixels(picture(1))]
    receipt = site.store.receipt(photo.id)
    assert receipt is not None
    assert (receipt.image_id, receipt.target.patient) == (there.id, RIGHT)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "kind",
    [FaultKind.CUT_BEFORE_STORING, FaultKind.CUT_AFTER_STORING, FaultKind.CUT_ANSWER, FaultKind.STATUS],
)
def test_a_chart_that_fails_a_few_times_is_asked_again(
    site: Site, chart: SandboxServer, method: str, kind: FaultKind
) -> None:
    image_id = site.put(picture(1))
    with site.mover() as mover:
        move = mover.order(order(image_id))
    chart.faults.add(Fault(kind, method, "image", times=3))
    move = site.finish(move.id)
    assert move.state is MoveState.MOVED
    assert [each.patient for each in site.images(RIGHT, WRONG)] == [RIGHT]


def test_a_copy_that_comes_late_is_taken_away_again(site: Site, chart: SandboxServer) -> None:
    image_id = site.put(picture(1))
    chart.faults.add(Fault(FaultKind.LATE_AFTER_CUT, "POST", "image", times=1, delay_seconds=0.5))
    with site.mover() as mover:
        move = mover.order(order(image_id))
    assert site.finish(move.id).state is MoveState.MOVED
    wait_until(lambda: len(site.images(RIGHT, WRONG)) == 2)
    _look_again(site, move)
    assert [each.id for each in site.images(RIGHT, WRONG)] == [site.store.move(move.id).new_image_id]


def test_one_that_comes_when_the_picture_was_moved_on_is_taken_away_too(site: Site, chart: SandboxServer) -> None:
    image_id = site.put(picture(1))
    chart.faults.add(Fault(FaultKind.LATE_AFTER_CUT, "POST", "image", times=1, delay_seconds=0.8))
    with site.mover() as mover:
        first = site.finish(mover.order(order(image_id)).id)
    assert first.new_image_id is not None
    with site.mover() as mover:
        second = site.finish(mover.order(order(first.new_image_id, OTHER)).id)
    wait_until(lambda: len(site.images(RIGHT, WRONG, OTHER)) == 2)
    _look_again(site, first)
    assert [each.id for each in site.images(RIGHT, WRONG, OTHER)] == [second.new_image_id]


def test_one_that_comes_after_the_picture_was_deleted_stays_as_it_is_alone(site: Site, chart: SandboxServer) -> None:
    image_id = site.put(picture(1))
    chart.faults.add(Fault(FaultKind.LATE_AFTER_CUT, "POST", "image", times=1, delay_seconds=0.5))
    with site.mover() as mover:
        move = site.finish(mover.order(order(image_id)).id)
    assert move.new_image_id is not None
    site.client.delete_image(move.new_image_id)
    wait_until(lambda: len(site.images(RIGHT)) == 1)
    _look_again(site, move)
    assert len(site.images(RIGHT, WRONG)) == 1


def _look_again(site: Site, move: Move) -> None:
    """The last look of a bridge after a move."""
    claimed = site.store.claim_move(move.id)
    if claimed is None:
        with site.store.writing() as connection:
            connection.exec_driver_sql("UPDATE moves SET next_at = sent_at WHERE id = ?", (move.id,))
    else:
        site.store.put_off_move(claimed, claimed.asked_at)
    with site.mover() as mover:
        mover.work()
