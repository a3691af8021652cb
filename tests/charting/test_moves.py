"""Images are moved to another patient: what is asked, what is refused, and what becomes of it (bridge/charting)."""

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest
from move_site import OTHER, RIGHT, WRONG, Site, order, pixels

from bridge.charting import Action, RefusedError
from bridge.photos import Move, MoveState
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import ChartUnreachableError, prepare_text_post
from phone import picture

NOBODY = 999_999


def moved(site: Site, image_id: int, patient: int = RIGHT) -> Move:
    with site.mover() as mover:
        return mover.carry_out(mover.order(order(image_id, patient)), 20)


class TestMoving:
    def test_the_picture_is_with_the_right_patient_and_no_longer_with_the_wrong_one(self, site: Site) -> None:
        image_id = site.put(picture(1))
        move = moved(site, image_id)
        assert move.state is MoveState.MOVED
        (there,) = site.images(RIGHT, WRONG, OTHER)
        assert (there.id, there.patient, there.clinic, there.station) == (move.new_image_id, RIGHT, 2, 1)
        assert site.pictures(RIGHT) == [pixels(picture(1))]

    def test_who_what_and_why_is_noted_before_and_after(self, site: Site) -> None:
        image_id = site.put(picture(1))
        move = moved(site, image_id)
        before, after = site.audit.events()
        assert (before.action, before.image_id, before.patient) == (Action.MOVING, image_id, WRONG)
        assert (after.action, after.image_id, after.patient) == (Action.MOVED, move.new_image_id, RIGHT)
        assert {(each.who, each.token_mark, each.reason) for each in (before, after)} == {
            ("sofia", "ab12cd34", "wrong person")
        }

    def test_the_receipt_of_a_photo_goes_along(self, site: Site) -> None:
        photo, image_id = site.delivered(picture(1))
        move = moved(site, image_id)
        receipt = site.store.receipt(photo.id)
        assert receipt is not None
        assert (receipt.image_id, receipt.target.patient) == (move.new_image_id, RIGHT)
        assert move.photo_id == photo.id
        image = site.client.read_image(receipt.image_id)
        assert image.data_sha256 == receipt.data_sha256

    def test_what_is_moved_can_be_moved_back_and_on(self, site: Site) -> None:
        photo, image_id = site.delivered(picture(1))
        for patient in (RIGHT, WRONG, OTHER):
            move = moved(site, image_id, patient)
            assert move.state is MoveState.MOVED
            assert move.new_image_id is not None
            image_id = move.new_image_id
            assert [each.patient for each in site.images(RIGHT, WRONG, OTHER)] == [patient]
        receipt = site.store.receipt(photo.id)
        assert receipt is not None
        assert (receipt.image_id, receipt.target.patient) == (image_id, OTHER)

    @pytest.mark.parametrize(
        "text",
        ["QUJD", "no base64 at all", 'quo"te\\', "QUJD\n", "iVBORw0KGgo=", "ñandú", "data:image/png;base64,QUJD"],
    )
    def test_what_is_no_picture_is_moved_to_the_letter(self, site: Site, text: str) -> None:
        image_id = site.client.create_image(prepare_text_post(ChartTarget(WRONG, ImageType.XRAY), text))
        assert moved(site, image_id).state is MoveState.MOVED
        (there,) = site.images(RIGHT, WRONG)
        assert (there.patient, there.data, there.clinic, there.station) == (RIGHT, text, None, None)

    def test_a_picture_that_is_with_the_right_patient_already_is_there_twice_then(self, site: Site) -> None:
        site.put(picture(1), RIGHT)
        assert moved(site, site.put(picture(1))).state is MoveState.MOVED
        assert site.pictures(RIGHT) == 2 * [pixels(picture(1))]

    def test_a_picture_as_large_as_the_chart_takes_goes_without_a_mark(self, site: Site) -> None:
        text = base64.b64encode(b"\xff\xd8" + picture(1)[20:]).decode()
        body_bytes = len(prepare_text_post(ChartTarget(RIGHT, ImageType.XRAY), text).body)
        for most, is_marked in ((body_bytes, False), (body_bytes + 100, True)):
            image_id = site.client.create_image(prepare_text_post(ChartTarget(WRONG, ImageType.XRAY), text))
            with site.mover(body_limit_bytes=most) as mover:
                move = mover.carry_out(mover.order(order(image_id)), 20)
            assert move.state is MoveState.MOVED
            assert move.sending is not None
            assert (move.sending.mark is not None) == is_marked
            assert is_marked == (site.images(RIGHT)[-1].data != text)


class TestRefusing:
    def test_a_patient_who_is_not_there_is_refused_at_once_and_nothing_is_begun(self, site: Site) -> None:
        image_id = site.put(picture(1))
        with site.mover() as mover:
            for patient in (NOBODY, 2**70):
                with pytest.raises(RefusedError, match=rf"The chart has no patient {patient}") as refused:
                    mover.order(order(image_id, patient))
                assert refused.value.status == 400
        assert site.store.moves_from(site.chart.url, image_id) == []
        assert site.audit.events() == ()

    def test_the_image_s_own_patient_is_refused(self, site: Site) -> None:
        image_id = site.put(picture(1))
        with site.mover() as mover, pytest.raises(RefusedError, match="is patient 3's already") as refused:
            mover.order(order(image_id, WRONG))
        assert refused.value.status == 400

    @pytest.mark.parametrize("image_id", [NOBODY, 2**70])
    def test_an_image_that_is_not_there_is_404(self, site: Site, image_id: int) -> None:
        with site.mover() as mover, pytest.raises(RefusedError, match="The chart has no image") as refused:
            mover.order(order(image_id))
        assert refused.value.status == 404

    def test_an_image_that_the_chart_cannot_read_is_not_moved(self, site: Site, chart: SandboxServer) -> None:
        image_id = site.put(picture(1))
        chart.lose_file(image_id)
        with site.mover() as mover, pytest.raises(RefusedError, match="cannot read image") as refused:
            mover.order(order(image_id))
        assert refused.value.status == 409

    def test_a_chart_that_is_away_leaves_nothing_begun(self, site: Site, chart: SandboxServer) -> None:
        image_id = site.put(picture(1))
        chart.stop()
        with site.mover() as mover, pytest.raises(ChartUnreachableError):
            mover.order(order(image_id))
        assert site.store.moves_from(chart.url, image_id) == []

    def test_a_picture_that_is_just_being_delivered_waits(self, site: Site) -> None:
        site.sending(picture(1))
        with site.mover() as mover, pytest.raises(RefusedError, match="just delivering"):
            mover.order(order(site.put(picture(1))))


class TestAskingAgain:
    def test_the_same_again_is_the_same_move_before_and_after_its_end(self, site: Site) -> None:
        image_id = site.put(picture(1))
        with site.mover() as mover:
            first = mover.order(order(image_id))
            assert mover.order(order(image_id)).id == first.id
            done = mover.carry_out(first, 20)
            assert mover.order(order(image_id)) == done
            assert mover.carry_out(done, 20) == done
        assert len(site.images(RIGHT, WRONG)) == 1

    def test_of_two_who_want_different_patients_the_first_wins_and_the_second_is_told(self, site: Site) -> None:
        image_id = site.put(picture(1))
        with site.mover() as mover:
            first = mover.order(order(image_id, RIGHT))
            with pytest.raises(RefusedError, match=rf"being moved to another patient \(move {first.id}\)") as refused:
                mover.order(order(image_id, OTHER))
            assert refused.value.status == 409
            done = mover.carry_out(first, 20)
            with pytest.raises(RefusedError, match=f"it is image {done.new_image_id} of patient {RIGHT} now"):
                mover.order(order(image_id, OTHER))
        assert [each.patient for each in site.images(RIGHT, WRONG, OTHER)] == [RIGHT]

    def test_many_who_ask_at_once_for_many_patients_move_it_to_one(self, site: Site) -> None:
        image_id = site.put(picture(1))

        def ask(patient: int) -> Move | None:
            try:
                return mover.carry_out(mover.order(order(image_id, patient)), 20)
            except RefusedError as refusal:
                assert refusal.status in (404, 409)
                return None

        with site.mover() as mover, ThreadPoolExecutor(8) as threads:
            answers = [each for each in threads.map(ask, [RIGHT, OTHER, 6, 7] * 4) if each is not None]
        assert len({each.id for each in answers}) == 1
        site.finish(answers[0].id)
        (there,) = site.images(RIGHT, OTHER, WRONG, 6, 7)
        assert there.patient == answers[0].wanted.to_patient

    def test_the_copy_is_not_moved_on_before_the_move_is_done(self, site: Site, chart: SandboxServer) -> None:
        image_id = site.put(picture(1))
        chart.faults.add(Fault(FaultKind.CUT_AFTER_STORING, "POST", "image", times=1))
        with site.mover() as mover:
            move = mover.carry_out(mover.order(order(image_id)), 20)
            assert move.state is MoveState.SENDING
            (copy,) = site.images(RIGHT)
            with pytest.raises(RefusedError, match=rf"is just being moved \(move {move.id}\)"):
                mover.order(order(copy.id, OTHER))
        assert site.finish(move.id).new_image_id == copy.id
        assert [each.id for each in site.images(RIGHT, WRONG, OTHER)] == [copy.id]
