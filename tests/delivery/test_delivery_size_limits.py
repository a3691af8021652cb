"""How the largest request of a chart server is learned: pure functions over what is known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.delivery import size_limits
from bridge.delivery.size_limits import (
    DIRECT_BODY_BYTES,
    MOST_SENDS,
    NGINX_BODY_BYTES,
    RAISED_BODY_BYTES,
    after_lost,
    after_refused,
    after_taken,
    before_probe,
    body_limit_bytes,
    body_limit_sentence,
    for_this_run,
    lost_bytes,
    probe_bytes,
    step_above,
    step_below,
)
from bridge.photos import LearnedLimit

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
NOTHING = LearnedLimit()
sizes = st.integers(min_value=1, max_value=30_000_000)


def knowing(taken: int | None = None, refused: int | None = None, days_ago: float = 0) -> LearnedLimit:
    return LearnedLimit(taken, refused, NOW - timedelta(days=days_ago) if refused else None)


@pytest.mark.parametrize(
    ("learned", "limit"),
    [
        (NOTHING, DIRECT_BODY_BYTES),
        (knowing(taken=50_000), DIRECT_BODY_BYTES),
        (knowing(taken=5_000_000), 5_000_000),
        (knowing(refused=2_600_000), NGINX_BODY_BYTES),
        (knowing(refused=1_048_577), NGINX_BODY_BYTES),
        (knowing(refused=1_048_576), 524_288),
        (knowing(refused=500_001), 262_144),
        (knowing(taken=655_000, refused=786_000), 655_000),
        (knowing(taken=50_000, refused=6_000_000), DIRECT_BODY_BYTES),
        (knowing(refused=1), 0),
    ],
)
def test_the_limit_is_the_next_likely_one_below_what_was_refused(learned: LearnedLimit, limit: int) -> None:
    assert body_limit_bytes(learned, None) == limit


@pytest.mark.parametrize(
    ("learned", "fixed", "limit"),
    [
        (NOTHING, 700_000, 700_000),
        (knowing(taken=2_000_000), 700_000, 700_000),
        (knowing(refused=800_000), 700_000, 700_000),
        (knowing(refused=700_000), 700_000, 524_288),
        (knowing(taken=650_000, refused=690_000), 700_000, 650_000),
        (NOTHING, 30_000_000, 30_000_000),
    ],
)
def test_what_the_config_says_holds_until_it_is_refused(learned: LearnedLimit, fixed: int, limit: int) -> None:
    assert body_limit_bytes(learned, fixed) == limit


@given(st.integers(min_value=524_288, max_value=30_000_000), st.floats(min_value=0.85, max_value=1))
def test_three_sends_find_any_limit_from_half_a_megabyte_up(server_limit: int, fill: float) -> None:
    """Each picture fills its limit to that share, and the last one is taken."""
    learned = NOTHING
    sent = [int(body_limit_bytes(learned, None) * fill)]
    while sent[-1] > server_limit:
        learned = after_refused(learned, sent[-1], NOW)
        sent.append(int(body_limit_bytes(learned, None) * fill))
    assert len(sent) <= MOST_SENDS


@given(sizes, sizes)
def test_what_is_known_never_contradicts_itself(taken: int, refused: int) -> None:
    for learned in (
        after_taken(after_refused(NOTHING, refused, NOW), taken),
        after_refused(after_taken(NOTHING, taken), refused, NOW),
    ):
        assert (learned.largest_taken_bytes or 0) < (learned.smallest_refused_bytes or refused + taken)
        assert (learned.smallest_refused_bytes is None) == (learned.refused_at is None)


@given(sizes)
def test_steps_lie_on_either_side_of_a_size(size: int) -> None:
    assert step_below(size) < size
    assert step_above(size) > size or (step_above(size) == 0 and size >= RAISED_BODY_BYTES)


def test_a_larger_request_that_is_taken_ends_what_was_refused_before() -> None:
    learned = after_taken(knowing(taken=1_000_000, refused=2_000_000), 2_000_000)
    assert learned == LearnedLimit(largest_taken_bytes=2_000_000)


def test_a_server_that_takes_less_than_before_is_believed() -> None:
    learned = after_refused(knowing(taken=2_500_000), 2_400_000, NOW)
    assert learned == LearnedLimit(None, 2_400_000, NOW)
    assert body_limit_bytes(learned, None) == NGINX_BODY_BYTES


def test_small_news_changes_nothing() -> None:
    learned = knowing(taken=1_000_000, refused=2_000_000)
    assert after_taken(learned, 999_999) is learned
    assert after_lost(learned, 1_000_000, NOW) is learned


@pytest.mark.parametrize(
    ("learned", "probe"),
    [
        (NOTHING, None),
        (knowing(taken=900_000), None),
        (knowing(taken=1_500_000), RAISED_BODY_BYTES),
        (knowing(taken=RAISED_BODY_BYTES), None),
        (knowing(taken=1_040_000, refused=2_600_000, days_ago=6.9), None),
        (knowing(taken=1_040_000, refused=2_600_000, days_ago=7.1), (NGINX_BODY_BYTES + 2_600_000) // 2),
        (knowing(taken=1_040_000, refused=1_200_000, days_ago=7.1), DIRECT_BODY_BYTES),
        (knowing(taken=2_560_000, refused=2_600_000, days_ago=8), RAISED_BODY_BYTES),
        (knowing(taken=1_040_000, refused=2_600_000, days_ago=-30), (NGINX_BODY_BYTES + 2_600_000) // 2),
    ],
)
def test_a_larger_request_is_tried_when_this_size_is_proved_and_no_refusal_is_fresh(
    learned: LearnedLimit, probe: int | None
) -> None:
    assert probe_bytes(learned, None, NOW) == probe


def test_the_config_is_never_exceeded_and_is_tried_again_after_a_week() -> None:
    assert probe_bytes(knowing(taken=1_500_000), 1_500_000, NOW) is None
    assert probe_bytes(knowing(taken=1_000_000, refused=1_100_000, days_ago=8), 1_200_000, NOW) == 1_200_000
    assert probe_bytes(knowing(taken=8_200_000, refused=9_000_000, days_ago=8), 9_500_000, NOW) == 9_500_000


def test_one_photo_in_a_week_tries_a_larger_request_and_a_taken_one_lets_the_next_go_on() -> None:
    learned = before_probe(knowing(taken=2_000_000), NOW)
    assert probe_bytes(learned, None, NOW + timedelta(days=6)) is None
    assert before_probe(learned, NOW) is learned
    assert probe_bytes(learned, None, NOW + WEEK) == RAISED_BODY_BYTES
    assert probe_bytes(after_taken(learned, 2_100_000), None, NOW) is None
    assert probe_bytes(after_taken(learned, 5_000_000), None, NOW) == RAISED_BODY_BYTES
    assert probe_bytes(after_taken(learned, 8_100_000), None, NOW) is None


def test_a_weekly_try_closes_in_on_a_limit_from_below() -> None:
    """1 500 000 bytes, found within a fifth in some weeks, with one send too many in each."""
    learned, now = after_refused(after_taken(NOTHING, 1_000_000), 2_600_000, NOW), NOW
    for _ in range(6):
        now += WEEK
        probe = probe_bytes(learned, None, now)
        assert probe is not None
        learned = before_probe(learned, now)
        learned = after_taken(learned, probe) if probe <= 1_500_000 else after_refused(learned, probe, now)
    assert 1_250_000 <= body_limit_bytes(learned, None) <= 1_500_000


def test_what_was_refused_before_this_run_does_not_lower_what_the_config_says() -> None:
    before, since = NOW - WEEK, NOW + WEEK
    learned = knowing(taken=400_000, refused=600_000)
    assert for_this_run(learned, 700_000, before) is learned
    assert for_this_run(learned, None, since) is learned
    assert for_this_run(learned, 700_000, since) == replace(learned, smallest_refused_bytes=None, refused_at=None)


@pytest.mark.parametrize(
    ("bodies", "taken", "lost"),
    [
        ([2_500_000] * 2, None, None),
        ([2_500_000, 2_400_000, 2_450_000], None, 2_500_000),
        ([2_500_000] * 3 + [1_000_000], None, 2_500_000),
        ([2_500_000] * 3 + [1_000_000] * 3, None, 1_000_000),
        ([2_500_000] * 9, 2_500_000, None),
        ([2_500_000] * 9, 2_499_999, 2_500_000),
        ([500_000] * 9, None, None),
    ],
)
def test_three_losses_of_a_size_never_taken_are_a_refusal(bodies: list[int], taken: int | None, lost: int) -> None:
    assert lost_bytes(bodies, knowing(taken=taken)) == lost


@pytest.mark.parametrize(
    ("learned", "fixed", "words"),
    [
        (NOTHING, None, "2 621 440 bytes, a first guess until the server refuses one"),
        (NOTHING, 30_000_000, "30 000 000 bytes, as `body_limit_bytes` in the config says"),
        (knowing(taken=5_000_000), None, "5 000 000 bytes, the most that the server has taken so far"),
        (knowing(refused=6_000_000), None, "2 621 440 bytes, because the server refused 6 000 000 on 2026-11-21"),
    ],
)
def test_a_large_limit_is_told_with_where_it_comes_from(learned: LearnedLimit, fixed: int | None, words: str) -> None:
    sentence = body_limit_sentence(learned, fixed)
    assert sentence == f"photos are made smaller to fit a request of {words}"


@pytest.mark.parametrize(
    ("learned", "fixed"),
    [(knowing(refused=2_600_000), None), (NOTHING, 1_048_576), (knowing(refused=2_600_000), 2**22)],
)
def test_a_small_limit_is_told_with_what_to_set_in_nginx_and_django(learned: LearnedLimit, fixed: int | None) -> None:
    sentence = body_limit_sentence(learned, fixed)
    assert " 1 048 576 bytes, " in sentence
    assert "`client_max_body_size 8m;` in nginx" in sentence
    assert "`DATA_UPLOAD_MAX_MEMORY_SIZE = 8388608` in Django" in sentence
    assert "\n" not in sentence
    assert ". " not in sentence


def test_the_advice_raises_both_servers_to_the_largest_size_that_is_tried() -> None:
    assert size_limits.RAISED_BODY_BYTES == 8 * 1024**2
