"""The retry policy: a pure function from a failure to a decision."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest

from bridge.delivery import ChartAway, Failure, HoldPhoto, TryLater, backoff_seconds, decide
from bridge.delivery.policy import FAILED, failing_seconds, own_failures
from bridge.holds import HoldReason
from bridge.photos import BRIDGE, Event, PhotoState
from bridge.settings import DeliverySettings, ReadBack
from bridge.tscharts import (
    ChartAddressError,
    ChartAnswerError,
    ChartBusyError,
    ChartClockError,
    ChartError,
    ChartForbiddenError,
    ChartImageUnreadableError,
    ChartLoginError,
    ChartLostError,
    ChartNotFoundError,
    ChartPortalError,
    ChartRefusedError,
    ChartServerError,
    ChartTLSError,
    ChartTokenError,
    ChartTooLargeError,
    ChartUnreachableError,
)

SETTINGS = DeliverySettings(
    workers=1,
    read_back=ReadBack.ALWAYS,
    sample_every=20,
    retry_first_seconds=4,
    retry_longest_seconds=64,
    hold_after_days=14,
)
DAY = 86400.0


def decision_on(error: ChartError, *, attempts: int = 1, failing_seconds: float = 60.0) -> object:
    return decide(Failure(error, attempts, failing_seconds, luck=0.5), SETTINGS)


@pytest.mark.parametrize(
    "error",
    [
        ChartUnreachableError(),
        ChartTLSError(),
        ChartPortalError(),
        ChartClockError(),
        ChartAddressError(),
        ChartServerError(status=502),
        ChartServerError(status=503),
        ChartServerError(status=504),
        ChartLoginError(status=403),
        ChartTokenError(status=401),
        ChartForbiddenError(status=403),
    ],
)
def test_what_is_the_charts_fault_stops_the_practice_and_not_the_photo(error: ChartError) -> None:
    assert isinstance(decision_on(error, failing_seconds=100 * DAY), ChartAway)


@pytest.mark.parametrize("error", [ChartLostError(), ChartServerError(status=500), ChartAnswerError()])
def test_what_may_be_the_photos_fault_lets_others_go_on(error: ChartError) -> None:
    assert isinstance(decision_on(error), TryLater)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ChartNotFoundError(status=404), HoldReason.UNKNOWN_PATIENT),
        (ChartTooLargeError(status=413), HoldReason.TOO_LARGE),
        (ChartRefusedError(status=400), HoldReason.CHART_REFUSED),
        (ChartImageUnreadableError(status=500), HoldReason.CHART_DIFFERS),
    ],
)
def test_what_will_not_change_by_itself_is_held_at_once(error: ChartError, reason: HoldReason) -> None:
    decision = decision_on(error)
    assert isinstance(decision, HoldPhoto)
    assert decision.hold.reason is reason
    assert decision.hold.sentence.endswith(".")


def test_a_photo_that_fails_for_longer_than_the_setting_is_held() -> None:
    assert isinstance(decision_on(ChartLostError(), failing_seconds=13.9 * DAY), TryLater)
    decision = decision_on(ChartLostError(), failing_seconds=14.1 * DAY)
    assert isinstance(decision, HoldPhoto)
    assert decision.hold.reason is HoldReason.TRIED_TOO_LONG


def times(*waits: timedelta) -> list[datetime]:
    """Times with these waits between them."""
    return list(accumulate(waits, initial=datetime(2026, 11, 21, tzinfo=UTC)))


def test_a_photo_fails_for_as_long_as_its_tries_last() -> None:
    assert failing_seconds(times(*25 * [timedelta(hours=10)]), SETTINGS) == 25 * 10 * 3600
    assert failing_seconds(times(), SETTINGS) == 0


@pytest.mark.parametrize("jump", [timedelta(days=40), timedelta(days=-40), timedelta(days=4000)])
def test_a_clock_that_is_set_makes_a_photo_fail_no_longer(jump: timedelta) -> None:
    failing = failing_seconds(times(timedelta(minutes=5), jump, timedelta(minutes=5)), SETTINGS)
    assert 600 <= failing <= 600 + 14 * DAY / 20
    assert isinstance(decision_on(ChartLostError(), failing_seconds=failing), TryLater)


def test_no_photo_is_held_before_it_was_tried_some_twenty_times() -> None:
    waits = 21 * [timedelta(days=30)]
    assert failing_seconds(times(*waits[:20]), SETTINGS) == pytest.approx(14 * DAY)
    assert failing_seconds(times(*waits), SETTINGS) > 14 * DAY


def test_a_photos_own_failures_count_since_a_person_last_touched_it() -> None:
    said = [("clinic", "retried"), (BRIDGE, FAILED), (BRIDGE, "put-back"), (BRIDGE, "claimed"), (BRIDGE, FAILED)]
    at = times(*9 * [timedelta(hours=1)])
    events = [
        Event(1, moment, PhotoState.SENDING, PhotoState.QUEUED, reason, "", actor)
        for moment, (actor, reason) in zip(at, [(BRIDGE, FAILED), *said], strict=False)
    ]
    assert own_failures(events) == [at[2], at[5]]
    assert own_failures(events[:1]) == [at[0]]
    assert own_failures([]) == []


def test_a_busy_chart_is_left_alone_for_as_long_as_it_asks() -> None:
    decision = decision_on(ChartBusyError(status=429, retry_after_seconds=77.0))
    assert isinstance(decision, ChartAway)
    assert decision.at_least_seconds == 77.0


def test_waits_double_up_to_the_longest_and_are_spread_by_half() -> None:
    waits = [backoff_seconds(attempts, 1.0, SETTINGS) for attempts in (1, 2, 3, 5, 6, 1000)]
    assert waits == [4, 8, 16, 64, 64, 64]
    assert backoff_seconds(3, 0.0, SETTINGS) == 8
