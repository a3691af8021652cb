"""The gate in front of a chart: one probe at a time, longer waits while it is away."""

import threading

from bridge.delivery.bell import Bell
from bridge.delivery.gate import FAILURES_THAT_MEAN_AWAY, Gate


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def gate_and_clock() -> tuple[Gate, Clock]:
    clock = Clock()
    return Gate(clock, first_seconds=5, longest_seconds=60), clock


def probe_fails(gate: Gate, clock: Clock, photo_id: int) -> float:
    """Wait until a probe may go, let one go, and fail it."""
    if gate.shut_until is not None:
        clock.now = gate.shut_until
    gate.enter(photo_id)
    return gate.shut(photo_id)


def test_a_shut_gate_lets_one_probe_through_when_its_wait_is_over() -> None:
    gate, clock = gate_and_clock()
    gate.enter(1)
    assert gate.shut(1) == 5
    assert gate.is_shut
    clock.now += 5
    assert not gate.is_shut
    gate.enter(2)
    assert gate.is_shut


def test_waits_grow_while_probes_fail_and_start_anew_after_a_success() -> None:
    gate, clock = gate_and_clock()
    assert [probe_fails(gate, clock, number) for number in range(6)] == [5, 10, 20, 40, 60, 60]
    assert gate.succeeded()
    assert not gate.is_shut
    assert gate.shut(9) == 5


def test_photos_already_on_their_way_do_not_make_the_wait_longer_nor_end_the_probe() -> None:
    gate, clock = gate_and_clock()
    for number in (1, 2, 3):
        gate.enter(number)
    assert [gate.shut(number) for number in (1, 2, 3)] == [5, 5, 5]
    clock.now += 5
    gate.enter(4)
    gate.leave(2)
    gate.shut(3)
    assert gate.is_shut
    assert gate.shut(4) == 10


def test_a_chart_that_asks_for_a_longer_wait_gets_it() -> None:
    gate, _ = gate_and_clock()
    assert gate.shut(1, at_least_seconds=300) == 300


def test_a_probe_that_told_nothing_leaves_the_gate_to_the_next_probe() -> None:
    gate, clock = gate_and_clock()
    gate.shut(1)
    clock.now += 5
    gate.enter(2)
    gate.leave(2)
    assert not gate.is_shut


def test_one_bad_photo_does_not_shut_the_gate_but_several_in_a_row_do() -> None:
    gate, _ = gate_and_clock()
    assert not any(gate.failed(photo_id=7) for _ in range(10))
    assert [gate.failed(photo_id=number) for number in range(8, 7 + FAILURES_THAT_MEAN_AWAY)][-1]
    gate.succeeded()
    assert not gate.failed(photo_id=9)


def test_the_bell_keeps_a_ring_for_a_busy_worker_and_no_more_than_one_each() -> None:
    bell = Bell(workers=2)
    for _ in range(100):
        bell.ring()
    bell.wait()
    bell.wait()
    waiting = threading.Thread(target=bell.wait)
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()
    bell.ring()
    waiting.join(5)
    assert not waiting.is_alive()
