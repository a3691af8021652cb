"""config.example.yaml: it loads, and tells every setting with its real default and range."""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema, fields, missing, validate

from bridge.config import load_config
from bridge.config_schema import ConfigSchema
from bridge.errors import InputProblemsError
from bridge.secret import Secret
from bridge.yamlfile import Document, KeyPath, check_document, field_name, parse_yaml

REPOSITORY = Path(__file__).parent.parent.parent
EXAMPLE = REPOSITORY / "config.example.yaml"


def settings(schema: Schema, path: KeyPath = ()) -> Iterator[tuple[KeyPath, fields.Field[Any]]]:
    """Every setting with its path; of a list, its first item. A practice's own chart has the settings of `chart`."""
    for name, field in schema.fields.items():
        here = (*path, name)
        yield here, field
        if isinstance(field, fields.Nested) and here != ("practices", 0, "chart"):
            yield from settings(field.schema, here)
        elif isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
            yield from settings(field.inner.schema, (*here, 0))


SETTINGS = dict(settings(ConfigSchema()))


@pytest.fixture(scope="module")
def example_lines() -> list[str]:
    return EXAMPLE.read_text("utf-8").splitlines()


@pytest.fixture(scope="module")
def example(example_lines: list[str]) -> Document:
    """The example with every setting switched on."""
    switched_on = [re.sub(r"^( *)#(?=(?:  |- )?[a-z_]+:(?: |$))", r"\1", line) for line in example_lines]
    return parse_yaml("\n".join(switched_on), EXAMPLE)


def comment_above(lines: list[str], line: int) -> str:
    """The block of comment lines right above a line, which counts from 1."""
    block: list[str] = []
    for text in reversed(lines[: line - 1]):
        if not text.lstrip().startswith("# "):
            break
        block.insert(0, text.lstrip()[2:])
    return "\n".join(block)


def test_the_example_loads_as_it_stands(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path / "config.yaml")
    shutil.copytree(REPOSITORY / "mappings", tmp_path / "mappings")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "chart-password").write_text("secret")
    config = load_config(tmp_path / "config.yaml", {})
    assert config.practices[0].chart.password == Secret("secret")


def test_the_example_with_every_setting_switched_on_is_what_the_schema_takes(example: Document) -> None:
    _, problems = check_document(example, ConfigSchema())
    assert not problems


@pytest.mark.parametrize("path", SETTINGS, ids=field_name)
def test_every_setting_is_documented_in_the_example_with_its_real_default(
    path: KeyPath, example: Document, example_lines: list[str]
) -> None:
    assert path in example.places, f"{field_name(path)} is not in {EXAMPLE.name}"
    if isinstance(SETTINGS[path], fields.Nested) and SETTINGS[path].load_default is not None:
        return  # a section, whose settings have their own defaults
    *prose, last = comment_above(example_lines, example.places[path][0]).splitlines()
    assert prose, f"{field_name(path)} has no explanation above it"
    assert last == documented_default(SETTINGS[path]), field_name(path)


def documented_default(field: fields.Field[Any]) -> str:
    """The line that must stand above a setting."""
    default = field.load_default
    if default is missing:
        return "Required."
    if default is None:
        return "Default: none"
    if isinstance(default, bool):
        return f"Default: {str(default).lower()}"
    return f"Default: [{', '.join(default)}]" if isinstance(default, list) else f"Default: {default}"


@pytest.mark.parametrize("path", SETTINGS, ids=field_name)
def test_the_range_of_a_number_is_told_in_the_example(
    path: KeyPath, example: Document, example_lines: list[str]
) -> None:
    ranges = [rule for rule in SETTINGS[path].validators if isinstance(rule, validate.Range)]
    told = " ".join(comment_above(example_lines, example.places[path][0]).split())
    for rule in ranges:
        assert f"rom {rule.min} to {rule.max}" in told, field_name(path)


def test_the_example_names_nothing_that_is_not_a_setting(example: Document) -> None:
    own_chart = {("practices", 0, "chart", name) for name in ("url", "username", "password_file")}
    places: Mapping[KeyPath, tuple[int, int]] = example.places
    written = {path for path in places if path and isinstance(path[-1], str)}
    assert written - own_chart == set(SETTINGS)


@pytest.mark.parametrize("odd", ["", "x", "-1", "[a]", "{a: b}", '"\\0"', "~nobody/x", "'" + "9" * 5000 + "'"])
def test_an_odd_value_in_any_setting_gives_sentences_and_nothing_else(
    odd: str, example: Document, example_lines: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    for path in SETTINGS:
        line, column = example.places[path]
        lines = [text for text in example_lines if text]
        text = example_lines[line - 1]
        lines[lines.index(text)] = f"{' ' * (column - 1)}{path[-1]}: {odd}"
        file.write_text("\n".join(lines), "utf-8")
        with pytest.raises(InputProblemsError) as refused:
            load_config(file, {})
        assert all(problem.line and "\n" not in str(problem) for problem in refused.value.problems), field_name(path)


def test_the_examples_explanations_fit_a_screen() -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    assert [line for line in lines if line.lstrip().startswith("# ") and len(line) > 125] == []
