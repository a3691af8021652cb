"""What the store keeps of images in the charts."""

from dataclasses import replace

from photo_makers import CHART, add, claimed, deliver, in_threads

from bridge.photos import ImageFacts, SentImage, Store

FACTS = ImageFacts(5, 12, "Xray", None, 3, "image/jpeg", 2**33, 640, 480, "ab" * 32)
OTHER_CHART = "https://other.example.org"


def test_facts_are_found_however_the_charts_address_is_written(store: Store) -> None:
    store.remember_image(CHART, FACTS)
    assert store.image_facts(f"{CHART.upper()}:443/tscharts/v1/", [4, 5]) == {5: FACTS}
    assert store.image_facts(OTHER_CHART, [5]) == {}
    assert store.image_facts(CHART, []) == {}


def test_facts_take_the_place_of_what_was_known(store: Store) -> None:
    unknown = replace(FACTS, media_type="application/octet-stream", width=None, height=None)
    store.remember_image(CHART, FACTS)
    store.remember_image(CHART, unknown)
    assert store.image_facts(CHART, [5]) == {5: unknown}


def test_a_patients_images_are_found_and_forgotten(store: Store) -> None:
    for number in range(1, 1203):
        store.remember_image(CHART, replace(FACTS, image_id=number, patient=12 + number % 2))
    assert store.image_facts_of(CHART, 13).keys() == set(range(1, 1203, 2))
    assert store.image_facts(CHART, range(1, 1203)).keys() == set(range(1, 1203))
    store.forget_images(CHART, set(range(2, 1203)))
    store.forget_images(CHART, [])
    assert store.image_facts(CHART, range(1, 1203)).keys() == {1}


def test_the_same_image_learned_by_many_at_once_is_known_once(store: Store) -> None:
    in_threads(8, lambda: store.remember_image(CHART, FACTS))
    assert store.image_facts_of(CHART, 12) == {5: FACTS}


def test_images_that_this_bridge_sent_are_known_by_their_receipts(store: Store) -> None:
    photo = add(store)
    deliver(store, claimed(store), image_id=77)
    assert store.sent_images(CHART, [76, 77]) == {77: SentImage(77, photo.id, "clinic-a", None)}
    assert store.sent_images(OTHER_CHART, [77]) == {}
