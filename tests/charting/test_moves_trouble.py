"""Moves that cannot go on: the picture is never lost, and a person is told what to do."""

from collections.abc import Callable

import pytest
import requests
from move_site import OTHER, RIGHT, WRONG, End, KilledError, Site, order, pixels

from bridge.charting import RefusedError
from bridge.photos import Move, MoveState
from bridge.sandbox import Fault, FaultKind, SandboxServer
from phone import picture


def asked(site: Site, image_id: int) -> Move:
    with site.mover() as mover:
        return mover.order(order(image_id))


def killed_before(site: Site, image_id: int, call: str) -> Move:
    """A move whose bridge is killed just before it first makes this call."""

    class Before(End):
        def around(self, name: str, do: Callable[[], object]) -> object:
            if name == call:
                raise KilledError
            return do()

    with site.mover(Before()) as mover:
        move = mover.order(order(image_id))
        with pytest.raises(KilledError):
            mover.carry_out(move, 20)
    return site.store.move(move.id)


def chart_says(chart: SandboxServer, method: str, status: int, times: int | None = None) -> None:
    chart.faults.add(Fault(FaultKind.STATUS, method, "image", status=status, times=times))


class TestSomebodyDeletes:
    def test_the_image_before_it_is_filed_anew_then_nothing_is_moved(self, site: Site) -> None:
        move = asked(site, image_id := site.put(picture(1)))
        site.client.delete_image(image_id)
        move = site.finish(move.id)
        assert move.state is MoveState.FAILED
        assert move.trouble == (
            f"Somebody deleted image {image_id} in the chart, so it was not moved; nothing is to be done."
        )
        assert site.images(RIGHT, WRONG) == []

    def test_the_image_when_its_copy_is_there_then_it_is_moved(self, site: Site) -> None:
        move = killed_before(site, image_id := site.put(picture(1)), "delete_image")
        site.client.delete_image(image_id)
        assert site.finish(move.id).state is MoveState.MOVED
        assert site.pictures(RIGHT) == [pixels(picture(1))]

    def test_the_copy_then_the_picture_stays_where_it_was(self, site: Site) -> None:
        photo, image_id = site.delivered(picture(1))
        receipt = site.store.receipt(photo.id)
        move = killed_before(site, image_id, "delete_image")
        assert move.new_image_id is not None
        site.client.delete_image(move.new_image_id)
        move = site.finish(move.id)
        assert move.state is MoveState.FAILED
        assert move.trouble is not None
        assert f"Somebody deleted image {move.new_image_id}" in move.trouble
        assert [each.id for each in site.images(RIGHT, WRONG)] == [image_id]
        assert site.store.receipt(photo.id) == receipt
        again = asked(site, image_id)
        assert again.id != move.id
        assert site.finish(again.id).state is MoveState.MOVED


class TestTheChartSaysNo:
    def test_because_the_patient_is_gone_then_the_picture_stays_where_it_was(
        self, site: Site, chart: SandboxServer
    ) -> None:
        move = asked(site, image_id := site.put(picture(1)))
        headers = {"Authorization": f"Token {chart.token('bridge')}"}
        gone = requests.delete(f"{chart.url}/tscharts/v1/patient/{RIGHT}/", headers=headers, timeout=20)
        assert gone.status_code == 200
        move = site.finish(move.id)
        assert move.state is MoveState.FAILED
        assert move.trouble is not None
        assert f"The chart has no patient {RIGHT} any more" in move.trouble
        assert [each.id for each in site.images(RIGHT, WRONG)] == [image_id]

    @pytest.mark.parametrize(("status", "state"), [(405, MoveState.FAILED), (403, MoveState.SENDING)])
    def test_to_the_copy_then_the_picture_stays_where_it_was_or_it_was_no_chart_that_spoke(
        self, site: Site, chart: SandboxServer, status: int, state: MoveState
    ) -> None:
        move = asked(site, image_id := site.put(picture(1)))
        chart_says(chart, "POST", status)
        move = site.finish(move.id, rounds=3)
        assert move.state is state
        assert move.trouble
        assert [each.id for each in site.images(RIGHT, WRONG)] == [image_id]

    def test_to_the_deletion_then_a_person_is_told_and_may_ask_again(self, site: Site, chart: SandboxServer) -> None:
        move = killed_before(site, image_id := site.put(picture(1)), "delete_image")
        chart.faults.add(Fault(FaultKind.STATUS, "DELETE", "image", status=405))
        move = site.finish(move.id)
        assert move.state is MoveState.STUCK
        assert move.trouble is not None
        assert f"as image {move.new_image_id}, but the chart did not delete image {image_id}" in move.trouble
        chart.faults.clear()
        with site.mover() as mover:
            mover.work()
            assert site.store.move(move.id).state is MoveState.STUCK
            with pytest.raises(RefusedError):
                mover.order(order(image_id, OTHER))
            assert mover.carry_out(mover.order(order(image_id)), 20).state is MoveState.MOVED
        assert [each.patient for each in site.images(RIGHT, WRONG)] == [RIGHT]

    def test_to_a_body_as_large_as_this_then_it_is_tried_without_a_mark_and_given_up(
        self, site: Site, chart: SandboxServer
    ) -> None:
        bare = b"\xff\xd8" + picture(1)[20:]
        for times, state in ((1, MoveState.MOVED), (2, MoveState.FAILED)):
            move = asked(site, site.put(bare))
            chart_says(chart, "POST", 413, times)
            move = site.finish(move.id)
            assert move.state is state
            assert move.sending is not None
            assert move.sending.mark is None
        assert move.trouble is not None
        assert "no request as large as image" in move.trouble
        assert [each.patient for each in site.images(RIGHT, WRONG)] == [RIGHT, WRONG]


class TestTheChartIsOdd:
    def test_a_copy_that_comes_back_changed_is_left_to_a_person(self, site: Site, chart: SandboxServer) -> None:
        photo, image_id = site.delivered(picture(1))
        move = killed_before(site, image_id, "create_image")
        chart.faults.add(Fault(FaultKind.ALTERED_DATA, "GET", "image"))
        with site.mover() as mover:
            move = mover.carry_out(site.store.resume_move(move.id), 20)
        assert move.state is MoveState.FAILED
        assert [each.id for each in site.images(RIGHT, WRONG)] == [image_id]
        assert photo.id == move.photo_id

    def test_one_that_is_changed_at_the_last_look_keeps_the_old_image(self, site: Site, chart: SandboxServer) -> None:
        photo, image_id = site.delivered(picture(1))
        receipt = site.store.receipt(photo.id)
        move = killed_before(site, image_id, "delete_image")
        chart.faults.add(Fault(FaultKind.ALTERED_DATA, "GET", "image", times=1))
        move = site.finish(move.id)
        assert move.state is MoveState.STUCK
        assert move.trouble is not None
        assert f"so image {image_id} was left where it is; delete image" in move.trouble
        assert site.store.receipt(photo.id) == receipt
        assert image_id in [each.id for each in site.images(WRONG)]

    def test_a_copy_whose_file_the_chart_loses_keeps_the_old_image(self, site: Site, chart: SandboxServer) -> None:
        move = killed_before(site, image_id := site.put(picture(1)), "delete_image")
        assert move.new_image_id is not None
        chart.lose_file(move.new_image_id)
        assert site.finish(move.id).state is MoveState.STUCK
        assert [each.id for each in site.images(WRONG)] == [image_id]

    def test_a_chart_that_is_away_is_waited_for_and_the_trouble_is_told(self, site: Site, chart: SandboxServer) -> None:
        move = killed_before(site, site.put(picture(1)), "delete_image")
        chart.stop()
        move = site.finish(move.id, rounds=2)
        assert move.state is MoveState.COPIED
        assert move.trouble is not None
        assert "check that the chart server runs" in move.trouble
        chart.start()


def test_a_practice_that_is_not_in_the_config_any_more_is_told(site: Site) -> None:
    move = asked(site, site.put(picture(1)))
    with site.mover() as mover:
        mover.desks = {}
        mover.work()
    trouble = site.store.move(move.id).trouble
    assert trouble is not None
    assert "not in the bridge's config any more" in trouble


def test_one_that_is_stuck_without_a_copy_may_be_asked_for_to_another_patient(site: Site, chart: SandboxServer) -> None:
    move = killed_before(site, image_id := site.put(picture(1)), "create_image")
    claimed = site.store.claim_move(move.id)
    assert claimed is not None
    site.store.stick_move(claimed, "The chart gave it back changed.")
    with site.mover() as mover:
        other = mover.carry_out(mover.order(order(image_id, OTHER)), 20)
    assert (other.state, other.wanted.to_patient) == (MoveState.MOVED, OTHER)
    assert site.store.move(move.id).state is MoveState.FAILED
    assert [each.patient for each in site.images(RIGHT, WRONG, OTHER)] == [OTHER]


def test_one_whose_copy_is_there_must_come_to_its_end_first(site: Site) -> None:
    move = killed_before(site, image_id := site.put(picture(1)), "delete_image")
    claimed = site.store.claim_move(move.id)
    assert claimed is not None
    site.store.stick_move(claimed, "The chart did not delete it.")
    with site.mover() as mover, pytest.raises(RefusedError, match="is stuck: The chart did not delete it") as refused:
        mover.order(order(image_id, OTHER))
    assert refused.value.status == 409
