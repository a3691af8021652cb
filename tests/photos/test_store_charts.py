"""What the store keeps about chart servers: one name for each, and the largest request that was learned."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from older_stores import make_older, put_photos, put_receipt
from photo_makers import CHART, PRACTICES, add, claimed, deliver, in_threads

from bridge.photos import LearnedLimit, SqliteStore, Store
from bridge.photos.charts import chart_key

WHEN = datetime(2026, 11, 21, 10, 11, 12, tzinfo=UTC)
SPELLINGS = [
    CHART,
    "https://CHART.example.org/",
    "HTTPS://chart.Example.org:443",
    "https://chart.example.org/tscharts/v1/",
    " https://chart.example.org ",
]


@pytest.mark.parametrize("url", SPELLINGS)
def test_one_chart_has_one_key_however_its_address_is_written(url: str) -> None:
    assert chart_key(url) == CHART


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://chart.example.org:80/Clinic/", "http://chart.example.org/Clinic"),
        ("http://192.168.1.10:8000", "http://192.168.1.10:8000"),
        ("http://[FE80::1]:8000/", "http://[fe80::1]:8000"),
        ("http://chart.example.org:443", "http://chart.example.org:443"),
        ("not an address", "not an address"),
        ("http://[broken", "http://[broken"),
        ("http://chart.example.org:99999", "http://chart.example.org:99999"),
        ("", ""),
    ],
)
def test_what_makes_another_server_stays_in_the_key(url: str, key: str) -> None:
    assert chart_key(url) == key


@pytest.mark.parametrize("url", SPELLINGS)
def test_images_are_known_however_the_charts_address_is_written(store: Store, url: str) -> None:
    add(store)
    deliver(store, claimed(store), 7, "https://Chart.example.org/")
    assert store.known_images(url, [6, 7]) == {7}
    assert store.known_images("https://other.example.org", [6, 7]) == set()


def test_nothing_is_known_of_a_new_chart(store: Store) -> None:
    assert store.learned_limit(CHART) == LearnedLimit()


def test_what_was_learned_is_kept_for_each_chart(store: Store) -> None:
    known = LearnedLimit(1_000_000, 1_100_000, WHEN, WHEN.replace(day=22))
    assert store.learn_limit(CHART, lambda _known: known)
    assert store.learn_limit("https://other.example.org", lambda limit: replace(limit, largest_taken_bytes=5))
    assert [store.learned_limit(url) for url in SPELLINGS] == [known] * len(SPELLINGS)
    assert store.learned_limit("https://other.example.org") == LearnedLimit(5)


def test_learning_what_is_known_already_is_no_change(store: Store) -> None:
    assert not store.learn_limit(CHART, lambda known: known)
    store.learn_limit(CHART, lambda known: replace(known, largest_taken_bytes=5))
    assert not store.learn_limit(CHART, lambda known: replace(known, largest_taken_bytes=5))


def test_what_many_learn_at_once_is_all_kept(store: Store) -> None:
    def more(known: LearnedLimit) -> LearnedLimit:
        return replace(known, largest_taken_bytes=(known.largest_taken_bytes or 0) + 1)

    assert in_threads(8, lambda: [store.learn_limit(CHART, more) for _ in range(5)]) == [[True] * 5] * 8
    assert store.learned_limit(CHART).largest_taken_bytes == 40


def test_of_many_that_make_the_same_change_at_once_one_alone_is_told_so(store: Store) -> None:
    told = in_threads(8, lambda: store.learn_limit(CHART, lambda known: replace(known, probed_at=WHEN)))
    assert sorted(told) == [False] * 7 + [True]


def test_learned_limits_are_there_after_opening_again(folder: Path) -> None:
    with contextlib.closing(SqliteStore(folder)) as store:
        store.learn_limit(CHART, lambda _known: LearnedLimit(1, 2, WHEN, None))
    with contextlib.closing(SqliteStore(folder)) as store:
        assert store.learned_limit(CHART) == LearnedLimit(1, 2, WHEN, None)


def test_a_data_folder_from_before_learned_limits_gets_them_and_one_spelling_of_each_chart(folder: Path) -> None:
    old = ["https://Chart.example.org/", "https://chart.example.org", "https://chart.example.org/tscharts/v1"]
    make_older(folder, "0001")
    put_photos(folder, ["delivered"] * 3)
    for number, image_id in enumerate((5, 6, 5)):
        put_receipt(folder, number + 1, old[number], image_id)
    with contextlib.closing(SqliteStore(folder)) as store:
        assert store.known_images(CHART, [4, 5, 6]) == {5, 6}
        assert store.learned_limit(CHART) == LearnedLimit()
        receipts = [store.receipt(photo_id) for photo_id in (1, 2, 3)]
        assert [receipt.chart for receipt in receipts if receipt] == [CHART, CHART, old[2]]


def test_trouble_that_is_not_there_is_ended_without_waiting_for_a_writer(folder: Path) -> None:
    with contextlib.closing(SqliteStore(folder, busy_seconds=0.3)) as store:
        store.ensure_practices(PRACTICES)
        with store.writing():
            assert not store.set_trouble("clinic-a", None)
        assert store.set_trouble("clinic-a", "The chart is away.")
        assert not store.set_trouble("clinic-a", "The chart is away.")
        assert store.set_trouble("clinic-a", None)
        assert store.troubles() == {}
