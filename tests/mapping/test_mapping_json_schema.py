"""The JSON Schema that editors use: it and the bridge judge mapping files alike."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from documented import whole, yaml_blocks
from editor_view import VALIDATOR, editor_accepts
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema, fields, validate

from bridge.errors import InputProblemsError
from bridge.mapping import PatientForm, Requirement, json_schema, json_schema_text, load_mapping
from bridge.mapping.expectations import KNOWN_FROM_A_NAME
from bridge.mapping.json_schema import object_schema
from bridge.mapping.meanings import MEANINGS
from bridge.mapping.schema import MappingSchema
from bridge.targets import ImageType
from bridge.yamlfile import load_document, parse_yaml

FOLDER = Path(__file__).parents[2] / "mappings"
SHIPPED = [file.read_text("utf-8") for file in sorted(FOLDER.glob("*.yaml"))]
FILE = Path("clinic.yaml")
START = "version: 1\npatient: {number: {form: id}}\ntypes: {Headshot: }\n"


def test_the_kept_file_is_what_the_generator_gives() -> None:
    kept = (FOLDER / "mapping.schema.json").read_text("utf-8")
    assert kept == json_schema_text(), "run: tscharts-bridge mappings schema -o mappings/mapping.schema.json --force"


def test_it_is_a_schema_of_draft_2020_12() -> None:
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(json_schema())


def test_every_setting_is_described_and_nothing_else_is() -> None:
    described = dict(_described(json_schema(), ""))
    assert described == dict(MEANINGS)
    assert all(meaning.endswith((".", "`.")) and "  " not in meaning for meaning in MEANINGS.values())


def _described(schema: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """All settings with their descriptions, names and items that people add as `*`."""
    for name, setting in schema.get("properties", {}).items():
        here = f"{path}.{'*' if path == 'types' else name}".lstrip(".")
        yield here, setting["description"]
        yield from _described(setting, here)
    for inner in (schema.get("additionalProperties"), schema.get("items")):
        if isinstance(inner, dict):
            if "description" in inner:
                yield f"{path}.*", inner["description"]
            yield from _described(inner, f"{path}.*")
    for choice in schema.get("anyOf", ()):
        yield from _described(choice, path)


def test_words_to_choose_from_are_those_that_the_bridge_knows() -> None:
    top = json_schema()["properties"]
    example_of = top["examples"]["items"]["properties"]
    assert top["patient"]["additionalProperties"]["properties"]["form"]["enum"] == list(PatientForm)
    assert list(top["types"]["properties"]) == list(ImageType)
    assert top["require"]["items"]["enum"] == list(Requirement)
    assert example_of["type"]["anyOf"][0]["enum"] == list(ImageType)
    assert example_of["held"]["anyOf"][0]["enum"] == list(KNOWN_FROM_A_NAME)
    assert (top["late_headshots"]["enum"], top["late_headshots"]["default"]) == (["hold", "send"], "hold")


@pytest.mark.parametrize("text", [*SHIPPED, *map(whole, yaml_blocks())])
def test_shipped_and_documented_files_are_right_for_the_editor_and_the_bridge(text: str, tmp_path: Path) -> None:
    assert editor_accepts(text)
    assert bridge_accepts(text, tmp_path)


RIGHT = [
    "",
    "clinic: today",
    "clinic: 2",
    'clinic: "2"',
    "clinic:",
    "clinic: {}",
    "clinic: {tags: {norte: 2, sur: today}, dates: {2026-11-21: 3}, otherwise: 4}",
    'clinic: {dates: {"2026-11-21..2026-11-22": "3"}}',
    "stations: {Dental1: , ENT: {aliases: [orl]}}",
    "defaults: {type: Headshot, station: Dental1}",
    "defaults: {type: , station: }",
    "defaults: {station: 3}",
    "defaults: {station_by_practice: {norte: Dental1}}",
    "defaults: {station_by_time: [{from: 08:00, until: 12:30, station: Dental1}]}",
    'defaults: {station_by_time: [{from: "22:00", until: "6:00", station: Dental1}]}',
    'defaults: {station_by_time: [{from: "18:00", until: "24:00", station: Dental1}]}',
    "late_headshots: send",
    "require: []",
    "require: [registered-today, photo-consent]",
    "ignore: [foto, no, true, null-word]",
    'examples: [{name: "#123-headshot.jpg", patient: 123, type: Headshot, station: none, clinic: none}]',
    'examples: [{name: "#headshot.jpg", held: no-patient}]',
    'examples: [{name: "#123-headshot.jpg", patient: 123, held: , type: , station: , clinic: }]',
]
WRONG = [
    "clinic: tomorrow",
    "clinic: 0",
    "clinic: -2",
    "clinic: 1234567890",
    "clinic: [2]",
    "clinic: {tags: }",
    "clinic: {tags: {norte: }}",
    "clinic: {tags: {norte: Ensenada}}",
    "clinic: {dates: {tomorrow: 2}}",
    "clinic: {dates: {2026-11-21..: 2}}",
    "clinic: {default: today}",
    "clinc: today",
    "stations: [Dental1]",
    "stations: {Dental1: {alias: [dental]}}",
    "stations: {Dental1: [dental]}",
    "defaults:",
    "defaults: {type: Selfie}",
    "defaults: {station: [Dental1]}",
    "defaults: {station_by_practice: {norte: }}",
    "defaults: {station_by_time: {from: 08:00, until: 12:00, station: Dental1}}",
    "defaults: {station_by_time: [{from: 08:00, until: 12:00}]}",
    "defaults: {station_by_time: [{from: 8, until: 12:00, station: Dental1}]}",
    "defaults: {station_by_time: [{from: 08:00, until: 24:30, station: Dental1}]}",
    "defaults: {station_by_time: [{from: 24:00, until: 06:00, station: Dental1}]}",
    "late_headshots: maybe",
    "late_headshots:",
    "require: photo-consent",
    "require: [registered]",
    "ignore: foto",
    "ignore: [foto, ]\nexamples: [{}]",
    "ignore: [null]",
    "examples: [{patient: 123}]",
    'examples: [{name: "#1-headshot.jpg", patient: [1]}]',
    'examples: [{name: "#1-headshot.jpg", patient: 1, type: headshot}]',
    'examples: [{name: "#headshot.jpg", held: no-pacient}]',
    'examples: [{name: "#headshot.jpg", held: not-registered}]',
    'examples: [{name: "#1-headshot.jpg", patient: 1, clinic: all}]',
]
RIGHT_WHOLE = [
    'version: "1"\npatient: {number: {form: id}}\ntypes: {Headshot: {}}',
    "version: 1\npatient: {number: {form: oldid, prefix: [old, viejo]}}\ntypes: {Xray: , Surgery: , Audiogram: }",
    'version: 1\npatient: {band: {form: oldid, pattern: "TJ-?([0-9]{3,6})"}}\ntypes: {Headshot: }',
    "version: 1\npatient: {c: {form: curp, check_digit: true}}\ntypes: {Headshot: }",
    'version: 1\npatient: {c: {form: curp, check_digit: "yes"}}\ntypes: {Headshot: }',
    "version: 1\npatient: {c: {form: curp, check_digit: 0}}\ntypes: {Headshot: }",
    "version: 1\npatient: {n: {form: id}}\ntypes: {Headshot: {longest_edge: 200, lowest_quality: 20}}",
    "version: 1\npatient: {n: {form: id}}\ntypes: {Headshot: {longest_edge: 20000, lowest_quality: 95}}",
    'version: 1\npatient: {n: {form: id}}\ntypes: {Headshot: {longest_edge: "3000", lowest_quality: "070"}}',
    "version: 1\npatient: {n: {form: id}}\ntypes: {Headshot: {longest_edge: , aliases: [cara, foto de cara]}}",
]
WRONG_WHOLE = [
    "patient: {number: {form: id}}\ntypes: {Headshot: }",
    "version: 2\npatient: {number: {form: id}}\ntypes: {Headshot: }",
    "version:\npatient: {number: {form: id}}\ntypes: {Headshot: }",
    "version: 1\ntypes: {Headshot: }",
    "version: 1\npatient: {}\ntypes: {Headshot: }",
    "version: 1\npatient: {number: }\ntypes: {Headshot: }",
    "version: 1\npatient: {number: {}}\ntypes: {Headshot: }",
    "version: 1\npatient: {number: {form: number}}\ntypes: {Headshot: }",
    "version: 1\npatient: {number: {form: id, prefix: old}}\ntypes: {Headshot: }",
    "version: 1\npatient: {number: {form: id, patern: x}}\ntypes: {Headshot: }",
    'version: 1\npatient: {number: {form: oldid, pattern: ""}}\ntypes: {Headshot: }',
    f'version: 1\npatient: {{number: {{form: oldid, pattern: "({"a" * 200})"}}}}\ntypes: {{Headshot: }}',
    "version: 1\npatient: {c: {form: curp, check_digit: perhaps}}\ntypes: {Headshot: }",
    "version: 1\npatient: {c: {form: curp, check_digit: 2}}\ntypes: {Headshot: }",
    "version: 1\npatient: {number: {form: id}}",
    "version: 1\npatient: {number: {form: id}}\ntypes: {}",
    "version: 1\npatient: {number: {form: id}}\ntypes: [Headshot]",
    "version: 1\npatient: {number: {form: id}}\ntypes: {Foto: }",
    "version: 1\npatient: {number: {form: id}}\ntypes: {Headshot: cara}",
    "version: 1\npatient: {n: {form: id}}\ntypes: {Headshot: {longest_edge: 199}}",
    "version: 1\npatient: {n: {form: id}}\ntypes: {Headshot: {longest_edge: 20001}}",
    'version: 1\npatient: {n: {form: id}}\ntypes: {Headshot: {longest_edge: "20001"}}',
    "version: 1\npatient: {n: {form: id}}\ntypes: {Headshot: {lowest_quality: 96}}",
    'version: 1\npatient: {n: {form: id}}\ntypes: {Headshot: {lowest_quality: "19"}}',
    "version: 1\npatient: {n: {form: id}}\ntypes: {Headshot: {lowest_quality: high}}",
    "[version, 1]",
]


@pytest.mark.parametrize("text", [*(START + part for part in RIGHT), *RIGHT_WHOLE])
def test_a_right_file_is_right_for_both(text: str, tmp_path: Path) -> None:
    assert bridge_accepts(text, tmp_path)
    assert editor_accepts(text)


@pytest.mark.parametrize("text", [*(START + part for part in WRONG), *WRONG_WHOLE])
def test_a_wrong_file_is_wrong_for_both(text: str, tmp_path: Path) -> None:
    assert not bridge_accepts(text, tmp_path)
    assert not editor_accepts(text)


def test_a_file_of_too_many_rules_times_and_dates_is_wrong_for_both() -> None:
    many: dict[str, Any] = {
        "patient": {f"n{number}": {"form": "id", "prefix": ["old" + "x" * number]} for number in range(21)},
        "clinic": {"dates": {f"2026-{number // 28 + 1:02}-{number % 28 + 1:02}": 2 for number in range(401)}},
        "defaults": {"station_by_time": [{"from": "08:00", "until": "09:00", "station": "ENT"}] * 49},
    }
    for name, value in many.items():
        document = WHOLE | {name: value}
        assert not VALIDATOR.is_valid(document)
        assert not schema_accepts(document)


WHOLE: dict[str, Any] = {
    "version": 1,
    "patient": {
        "number": {"form": "id"},
        "curp": {"form": "curp", "check_digit": True},
        "band": {"form": "oldid", "prefix": ["old"], "pattern": "TJ([0-9]+)"},
    },
    "types": {
        "Headshot": None,
        "Xray": {"aliases": ["rx"], "station": "X", "longest_edge": 3000, "lowest_quality": 80},
    },
    "stations": {"X": {"aliases": ["equis"]}, "Y": None},
    "clinic": {"tags": {"norte": 2}, "dates": {"2026-11-21": 3}, "otherwise": "today"},
    "defaults": {
        "type": "Headshot",
        "station": "X",
        "station_by_practice": {"norte": "Y"},
        "station_by_time": [{"from": "08:00", "until": "12:00", "station": "X"}],
    },
    "late_headshots": "hold",
    "require": ["photo-consent"],
    "ignore": ["foto"],
    "examples": [{"name": "#1.jpg", "patient": 1, "type": "Xray", "station": "X", "clinic": 2, "held": None}],
}
"""A file with every setting."""

_PLAIN = [None, True, False, 0, 1, 2, 20, 96, 199, 20_000, 20_001, 10**9, -1, 1.5]
_TEXTS = ["1", "x", "3000", "0080", "yes", "today", "none", "08:00", "24:00", "25:00", "2026-11-21", "2026-11-21..2"]
_WORDS = ["", "x" * 201, "id", "curp", "Xray", "xray", "hold", "send", "photo-consent", "no-type", "no-consent"]
_BRANCHES = [[], {}, ["x"], [None], [{}], {"x": "y"}, {"x": None}, {"x": {}}, {"aliases": ["x"]}, {"form": "id"}]
_ANYTHING = st.sampled_from([*_PLAIN, *_TEXTS, *_WORDS, *_BRANCHES]).map(copy.deepcopy)


@st.composite
def changed(draw: st.DrawFn) -> dict[str, Any]:
    """The whole file with up to three settings changed, left out or added anywhere."""
    document = copy.deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(document))
        holder, key = draw(st.sampled_from(places))
        act = draw(st.sampled_from(["change", "remove", "add"]))
        if act == "remove":
            del holder[key]
        elif act == "change" or isinstance(holder, list):
            holder[key] = draw(_ANYTHING)
        else:
            holder[draw(st.sampled_from(["x", "aliases", "prefix", "otherwise", "2026-11-23", "Surgery"]))] = draw(
                _ANYTHING
            )
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every setting and item in a document: what holds it, and its name or number there."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


@settings(max_examples=400, deadline=None)
@given(changed())
def test_whatever_is_changed_in_a_file_both_judge_it_alike(document: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(document) == schema_accepts(document)


def test_a_file_with_every_setting_is_right_for_both() -> None:
    assert VALIDATOR.is_valid(WHOLE)
    assert schema_accepts(WHOLE)


def test_a_rule_that_the_generator_does_not_know_fails_loudly() -> None:
    class Odd(Schema):
        version = fields.Decimal()

    class Endless(Schema):
        version = fields.Integer(validate=validate.ContainsOnly([1]))

    for schema in (Odd(), Endless()):
        with pytest.raises(TypeError, match="cannot be made of"):
            object_schema(schema, "")


def schema_accepts(document: dict[str, Any]) -> bool:
    """Whether the marshmallow schema takes a document, and the loader the words in it that it looks up."""
    try:
        data = load_document(parse_yaml(json.dumps(document), FILE), MappingSchema())
    except InputProblemsError:
        return False
    examples = data["examples"]
    return (
        {rule["form"] for rule in data["patient"].values()} <= set(PatientForm)
        and set(data["types"]) | {data["defaults"]["type"]} <= {*ImageType, None}
        and {each["type"] for each in examples} <= {*ImageType, None}
        and {each["held"] for each in examples} <= {*KNOWN_FROM_A_NAME, None}
    )


def bridge_accepts(text: str, folder: Path) -> bool:
    """Whether the bridge takes a text for a mapping file."""
    file = folder / FILE
    file.write_text(text, "utf-8")
    try:
        load_mapping(file)
    except InputProblemsError:
        return False
    return True
