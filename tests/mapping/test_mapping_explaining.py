"""Why a name goes where it goes: bridge/mapping/explanation.py."""

import json

from bridge.mapping import Mapping, explain


def test_an_explanation_shows_each_step_and_the_result(mapping: Mapping) -> None:
    name = "#uPSE4UWHmJ8XqFUqvf-##123-#Headshot-arm-21-Nov-2026-10-11-12.jpg"
    assert explain(name, mapping).lines == (
        f"{name}, by {mapping.file}:",
        "  `#uPSE4UWHmJ8XqFUqvf` read as the practice's guid",
        "  `#123` read as patient id by rule `id`, line 3",
        "  `#Headshot` read as type Headshot by alias `Headshot`, line 7",
        "  `arm` is not used",
        "  station Registration for type Headshot, line 7",
        "  clinic today by setting, line 15",
        "  taken at 2026-11-21 10:11:12 by the phone's clock",
        "  result: patient id 123, type Headshot, station Registration, clinic today",
    )


def test_an_explanation_of_a_held_name_ends_with_the_reason(mapping: Mapping) -> None:
    lines = explain("12-345-face.jpg", mapping).lines
    assert lines[-1].startswith("  result: held (ambiguous-patient): The file name says more than one patient")


def test_an_explanation_as_json_has_the_target_and_the_unused_words(mapping: Mapping) -> None:
    found = explain("#123-arm-xray-21-Nov-2026-10-11-12.jpg", mapping).to_json()
    assert json.loads(json.dumps(found)) == found
    assert found["target"] == {"patient": "id 123", "type": "Xray", "station": "X-Ray", "clinic": "today"}
    assert found["unused"] == ["arm"]
    assert found["hold"] is None
    assert found["captured_at"] == "2026-11-21T10:11:12"
    assert found["steps"][0] == {
        "words": ["#123"],
        "rule": "id",
        "line": 3,
        "sentence": "`#123` read as patient id by rule `id`, line 3",
    }


def test_an_explanation_as_json_of_a_held_name_has_the_hold(mapping: Mapping) -> None:
    found = explain("123", mapping).to_json()
    assert found["target"] is None
    assert found["hold"]["reason"] == "no-type"


def test_a_hostile_name_is_explained_like_any_other(mapping: Mapping) -> None:
    lines = explain("#1\n\x00\ud800-face.jpg", mapping).lines
    assert "\n" not in "".join(lines)
    assert "held (no-patient)" in lines[-1]
