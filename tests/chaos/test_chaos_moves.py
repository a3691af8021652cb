"""kill -9 at random moments while people move images: each picture is with one patient in the end, the right one."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from clinic import CLINIC, PATIENTS, number_in, small_picture
from faulty_line import CUTS, FaultyLine, Late, Trouble
from fleet import ENGINES, PROMPT_LOOKS, SOME, Engine, Fleet, named
from movers import Movers, Wish
from scale import SCALE, SEED, shared_out
from test_chaos_kill import live_a_while

from bridge.sandbox import Fault, FaultKind, SandboxServer, StoredImage
from bridge.secret import Secret
from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import ChartAccount, ChartClient, prepare_post
from phone import wait_until

SLOW = tuple(Fault(FaultKind.SLOW_ANSWER, method, "image", delay_seconds=0.1) for method in ("POST", "DELETE"))
"""Done at once and answered later, so that many a bridge dies between the two."""

ODDS: list[dict[Trouble, float]] = [CUTS, {Trouble.LATE: 0.2}, {Trouble.DUPLICATE: 0.2}]
LATE_SECONDS = 3.0


def filed(chart: SandboxServer, count: int) -> list[Wish]:
    """So many pictures on wrong patients, and to whom each belongs."""
    luck = random.Random(SEED)
    client = ChartClient(ChartAccount(chart.url, "bridge", Secret("bridge-pass")))
    wishes = []
    for number in range(1, count + 1):
        wrong, right = luck.sample(list(PATIENTS), 2)
        kind = luck.choice(list(ImageType))
        image_id = client.create_image(prepare_post(ChartTarget(wrong, kind, CLINIC, 1), small_picture(number)))
        wishes.append(Wish(image_id, right, number))
    client.close()
    return wishes


def misplaced(wishes: list[Wish], images: tuple[StoredImage, ...]) -> dict[int, tuple[int, list[int]]]:
    """The pictures that are not with the right patient alone: whose they are, and with whom they are."""
    there: dict[int, list[int]] = {}
    for image in images:
        there.setdefault(number_in(image.data or ""), []).append(image.patient)
    wrong = {each.number: (each.patient, there.pop(each.number, [])) for each in wishes}
    wrong = {number: found for number, found in wrong.items() if found[1] != [found[0]]}
    return wrong | {number: (0, patients) for number, patients in there.items()}


@pytest.mark.parametrize("engine", SOME, ids=named)
def test_each_picture_is_with_one_patient_however_often_bridges_are_killed(
    tmp_path: Path, chart: SandboxServer, engine: Engine, figures: Callable[..., None]
) -> None:
    luck = random.Random(SEED)
    wishes = filed(chart, SCALE.moves)
    for fault in SLOW:
        chart.faults.add(fault)
    started = time.monotonic()
    with (
        engine.site(tmp_path, chart.url, PROMPT_LOOKS) as configs,
        Fleet(configs, tmp_path) as fleet,
        Movers(wishes, fleet.ports) as movers,
    ):
        for number in range(SCALE.move_kills):
            movers.allow(len(wishes) * (number + 1) // SCALE.move_kills - len(wishes) * number // SCALE.move_kills)
            bridge = fleet.bridges[number % len(fleet.bridges)]
            live_a_while(bridge, luck)
            bridge.kill(whole_group=luck.random() < 0.5)
            bridge.start()
        ended_while_killed = len(movers.ends)
        wait_until(movers.have_heard, SCALE.patience_seconds)
        figures(
            moves=len(wishes),
            kills=SCALE.move_kills,
            ended_while_killed=ended_while_killed,
            found_after_a_crash=sum(each.log().count("event=move-found") for each in fleet.bridges),
            image_posts=sum(each.method == "POST" and "/image/" in each.path for each in chart.requests),
            seconds=round(time.monotonic() - started),
        )
        chart.faults.clear()
        assert set(movers.ends.values()) == {"moved"}
        assert misplaced(wishes, chart.images()) == {}
        assert fleet.tracebacks() == []
        assert movers.refusals == []


def test_what_is_not_begun_is_where_it_was_and_what_is_begun_comes_to_its_end_by_itself(
    tmp_path: Path, chart: SandboxServer, engine: Engine
) -> None:
    wishes = filed(chart, SCALE.moves // 4)
    whose = {number_in(image.data or ""): image.patient for image in chart.images()}
    with engine.site(tmp_path, chart.url, PROMPT_LOOKS) as configs, Fleet(configs, tmp_path) as fleet:
        with Movers(wishes, fleet.ports) as movers:
            movers.allow(len(wishes))
            wait_until(lambda: len(movers.begun) >= len(wishes) // 3, SCALE.patience_seconds)
            for bridge in fleet.bridges:
                bridge.kill()
        for bridge in fleet.bridges:
            bridge.start()
        for bridge in fleet.bridges:
            bridge.wait_until_it_answers()

        def settled() -> bool:
            found: dict[int, list[int]] = {}
            for image in chart.images():
                found.setdefault(number_in(image.data or ""), []).append(image.patient)
            begun = {each.number for each in wishes if each.image_id in movers.begun}
            return sorted(found) == sorted(whose) and all(
                found[each.number] == [each.patient]
                or (each.number not in begun and found[each.number] == [whose[each.number]])
                for each in wishes
            )

        wait_until(settled, SCALE.patience_seconds)
        assert fleet.tracebacks() == []


@pytest.mark.parametrize(("engine", "odds"), shared_out(ENGINES, ODDS), ids=named)
def test_each_picture_is_with_one_patient_over_a_faulty_line(
    tmp_path: Path, chart: SandboxServer, engine: Engine, odds: dict[Trouble, float], figures: Callable[..., None]
) -> None:
    wishes = filed(chart, SCALE.moves)
    with (
        FaultyLine(chart.port, SEED, odds, Late(late_seconds=LATE_SECONDS)) as line,
        engine.site(tmp_path, line.url, PROMPT_LOOKS) as configs,
        Fleet(configs, tmp_path) as fleet,
        Movers(wishes, fleet.ports) as movers,
    ):
        movers.allow(len(wishes))
        wait_until(movers.have_heard, SCALE.patience_seconds)
        wait_until(line.is_idle, SCALE.patience_seconds)
        troubles = sum(line.done[trouble] for trouble in odds)
        figures(moves=len(wishes), troubles=troubles, images=len(chart.images()))
        assert troubles
        wait_until(lambda: len(chart.images()) == len(wishes), SCALE.patience_seconds)
        assert misplaced(wishes, chart.images()) == {}
        assert fleet.tracebacks() == []
