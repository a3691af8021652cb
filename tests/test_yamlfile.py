"""Files that people write: what is read, what is refused, and where each problem stands (bridge/yamlfile/)."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from marshmallow import Schema, fields

from bridge.errors import InputProblemsError, Problem
from bridge.yamlfile import did_you_mean, field_name, load_document, parse_yaml, read_bytes, read_yaml

FILE = Path("clinic.yaml")


class _WordSchema(Schema):
    word = fields.String(required=True)
    count = fields.Integer(load_default=1)


class _FileSchema(Schema):
    name = fields.String(required=True)
    words = fields.List(fields.Nested(_WordSchema), load_default=list)
    by_key = fields.Dict(fields.String(), fields.Nested(_WordSchema), load_default=dict)


def problems_of(text: str) -> tuple[Problem, ...]:
    """What is wrong with a file of this text, as YAML and by the schema above."""
    with pytest.raises(InputProblemsError) as refused:
        load_document(parse_yaml(text, FILE), _FileSchema())
    return refused.value.problems


def test_every_scalar_is_text_so_that_no_number_changes_its_digits() -> None:
    document = parse_yaml("a: 0123\nb: 1_0\nc: no\nd: 1e3\ne: 2026-11-21\nf: 'null'\n", FILE)
    assert document.data == {"a": "0123", "b": "1_0", "c": "no", "d": "1e3", "e": "2026-11-21", "f": "null"}


def test_empty_values_and_plain_null_are_none() -> None:
    assert parse_yaml("a:\nb: null\nc: ~\n", FILE).data == {"a": None, "b": None, "c": None}


@pytest.mark.parametrize("text", ["", "# nothing here\n"])
def test_an_empty_file_is_a_file_without_settings(text: str) -> None:
    assert parse_yaml(text, FILE).data == {}
    assert [str(problem) for problem in problems_of(text)] == ["clinic.yaml, line 1, name: is missing; add it"]


@pytest.mark.parametrize(
    "raw",
    ["\ufeffname: café\n".encode(), "name: café\r\n".encode(), "name: café".encode()],
    ids=["with a mark", "from Windows", "without an end"],
)
def test_utf8_is_read_however_an_editor_saved_it(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "file.yaml").write_bytes(raw)
    assert read_yaml(tmp_path / "file.yaml").data == {"name": "café"}


def test_each_value_knows_its_place() -> None:
    document = parse_yaml("name: x\nwords:\n  - word: a\n    count: 2\n", FILE)
    assert document.place(("words", 0, "count")) == (4, 5)
    assert document.place(("words", 0, "missing")) == (3, 5), "the place of what it is missing from"
    assert document.place(("nowhere",)) == (1, 1)


def test_a_field_is_named_with_dots_and_brackets() -> None:
    assert field_name(("practices", 0, "chart", "url")) == "practices[0].chart.url"
    assert field_name(()) == ""


def test_a_very_long_or_unshowable_key_is_named_short_and_plain() -> None:
    assert field_name(("x" * 1000,)) == "x" * 40 + "…"
    assert field_name(("\x1b[2Jname",)) == "?[2Jname"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nmae: x\nname: y\n", "clinic.yaml, line 1, nmae: is not a setting; did you mean `name`?"),
        ("name: x\nzzz: y\n", "line 2, zzz: is not a setting; use one of: by_key, name, words"),
        ("name: x\nwords:\n- word: a\n  cuont: 2\n", "line 4, words[0].cuont: is not a setting; did you mean `count`?"),
        ("name: x\nby_key:\n  k: {wrod: a, word: b}\n", "by_key.k.wrod: is not a setting; did you mean `word`?"),
        ("words: []\n", "line 1, name: is missing; add it"),
        ("name: x\nwords:\n- count: 2\n", "line 3, words[0].word: is missing; add it"),
        ("name:\n", "line 1, name: is empty; give it a value or remove it"),
        ("name: [a]\n", "line 1, name: must be text"),
        ("name: {a: b}\n", "line 1, name: must be text"),
        ("name: x\nwords: [{word: a, count: b}]\n", "line 2, words[0].count: must be a whole number"),
        ("name: x\nwords: {word: a}\n", "line 2, words: must be a list, each item on its own line after `- `"),
        ("name: x\nwords: [a]\n", "line 2, words[0]: must hold settings of the form `name: value`"),
        ("name: x\nwords:\n-\n", "line 3, words[0]: is empty; give it a value or remove it"),
        ("name: x\nby_key: [a]\n", "line 2, by_key: must hold settings of the form `name: value`"),
        ("- a\n", "line 1: must start with settings of the form `name: value`"),
        ("a word\n", "line 1: must start with settings of the form `name: value`"),
    ],
)
def test_what_the_schema_refuses_is_one_sentence_with_file_line_and_field(text: str, said: str) -> None:
    (problem,) = problems_of(text)
    assert said in str(problem)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\nname: y\n", "line 2, name: is written twice (first on line 1); remove one of the two"),
        ("words: [{word: a, word: b}]\n", "line 1, words[0].word: is written twice (first on line 1)"),
        ("name: &a x\n", "line 1, name: anchors (&) and aliases (*) are not used here; write the value out"),
        ("name: !secret x\n", "line 1, name: the YAML tag `!secret` is not used here; remove it"),
        ("name: !!binary aGk=\n", "line 1, name: the YAML tag `tag:yaml.org,2002:binary` is not used here"),
        ("? [a, b]\n: x\n", "line 1: a name before a colon must be plain text"),
        ('"a\\nb": x\n', "line 1: a name before a colon must be plain text"),
        ('name: "a\\0b"\n', "line 1, name: holds a line break or control character; write it as one plain line"),
        ('name: "\\ud800"\n', "line 1, name: holds a line break or control character"),
        ("name: |\n  two\n  lines\n", "line 1, name: holds a line break or control character"),
        ("name: " + "[" * 30 + "]" * 30 + "\n", "is nested too deeply; compare with the example file"),
        (
            "name: *a\n",
            "line 1: is not valid YAML: the line has a `*`, which means something in YAML; put the text in quotes",
        ),
        (
            "name: {a: [}\n",
            "line 1: is not valid YAML: the line opens a `[` that is not closed; write `]` where it ends",
        ),
        ("name: x\n\twords: y\n", "line 2: is not valid YAML: the line begins with a tab"),
        ("name: x\nwords\nby: y\n", "line 2: is not valid YAML: the line has no colon after `words`; write `words:`"),
        (
            "name: x\n---\nname: y\n",
            "line 2: is not valid YAML: the line begins a second document; remove the line `---`",
        ),
        ("name: 'x\n", "line 1: is not valid YAML: the line opens a quote that is not closed on this line"),
        ("name: x\nodd: \x07\n", "line 2: is not valid YAML (a control character); remove it"),
        ("[" * 1000, "is not valid YAML of any use (nested too deeply); compare it with the example file"),
        ("%YAML 9.9\n---\nname: x\n", "line 1: is not valid YAML"),
    ],
)
def test_what_yaml_allows_and_nobody_needs_is_refused_with_its_place(text: str, said: str) -> None:
    (problem,) = problems_of(text)
    assert said in str(problem)
    assert "\n" not in str(problem)


def test_a_small_file_that_would_grow_huge_is_refused_at_once() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]" for n in range(1, 12)]
    assert all("anchors" in problem.message for problem in problems_of("\n".join(levels)))


def test_all_problems_are_told_at_once_in_the_order_of_the_lines() -> None:
    problems = problems_of("words:\n- count: x\n  wrod: a\nzzz: 1\nby_key: 5\nname: [x]\n")
    assert [problem.line for problem in problems] == [2, 3, 4, 5, 6]


def test_repeated_keys_are_told_together() -> None:
    problems = problems_of("name: a\nname: b\nwords: []\nwords: []\n")
    assert [(problem.line, problem.field) for problem in problems] == [(2, "name"), (4, "words")]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\x89PNG\r\n\x1a\n\x00", "line 1: is not UTF-8 text; save it again as UTF-8"),
        (b"name: x\nother: caf\xe9\n", "line 2: is not UTF-8 text"),
        ("name: x\n".encode("utf-16"), "line 1: is not UTF-8 text"),
        (b"# " + b"x" * 1024 * 1024, "is larger than 1 MiB, which no such file needs; check that it is the right one"),
    ],
    ids=["a picture", "Latin 1", "UTF-16", "huge"],
)
def test_a_file_that_is_no_text_is_refused_in_a_sentence(tmp_path: Path, raw: bytes, said: str) -> None:
    file = tmp_path / "file.yaml"
    file.write_bytes(raw)
    with pytest.raises(InputProblemsError) as refused:
        read_yaml(file)
    assert said in str(refused.value)
    assert str(refused.value).startswith(str(file))


@pytest.mark.parametrize("name", ["none.yaml", ".", "x" * 5000, "a\0b"], ids=["none", "folder", "long", "nul"])
def test_a_path_that_leads_to_no_file_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputProblemsError) as refused:
        read_yaml(tmp_path / name)
    (problem,) = refused.value.problems
    assert "check the path" in problem.message


def test_a_near_word_is_proposed_and_otherwise_the_known_ones() -> None:
    assert did_you_mean("databse", ["database", "server"]) == "did you mean `database`?"
    assert did_you_mean("zzz", ["server", "database"]) == "use one of: database, server"
    assert did_you_mean("zzz", []) == ""


def test_a_near_word_is_proposed_whatever_its_case() -> None:
    assert did_you_mean("X-RAY", ["Surgery", "Xray"]) == "did you mean `Xray`?"


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("name: x\ncount: 2\n", 2, 1, "is not a setting here; it belongs to one of the `words`"),
        ("name: x\nwords:\n- wrod: a\n", 3, 3, "is not a setting; did you mean `word`?"),
        ("name: x\nwords:\n- {word:a}\n", 3, 4, "write a space after the colon: `word: a`"),
        ("name: x\nby_key:\nk: {word: a}\n", 3, 1, "is not a setting"),
        ("name: x\nby_key:\n  k:\n    word a\n", 4, 5, "has no colon after `word`; write `word: a`"),
        ("name: x\nwords:\n- word: #a\n", 3, 9, 'put the text in quotes: "#a"'),
    ],
)
def test_of_one_mistake_one_thing_is_told_at_its_place(text: str, line: int, column: int, said: str) -> None:
    problem = problems_of(text)[0]
    assert (problem.line, problem.column) == (line, column)
    assert said in problem.message


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("by_key:\n  a: {word: x}\n  b:\n  a: {word: y}\n", 3, 3, "put fewer spaces before it"),
        ("name: a\n  b\n", 2, 3, "is read as one text with line 1 above"),
        ("name: 'a\n  b'\n", 1, 7, "write ' where the text ends"),
        ("name: |\n  a\n", 1, 7, "holds a line break"),
        ("name: x # a\tb\nwords: []\n  # c\n  by: y\n", 4, 3, "put 0 spaces, as line 2"),
        ("<<<<<<< mine\nname: x\n", 1, 1, "keep one version"),
        ("name: x\r\nwords:\r\n  - {word: a\r\n", 3, 5, "write `}` where it ends"),
    ],
)
def test_the_place_is_that_of_the_mistake_and_not_where_the_parser_stopped(
    text: str, line: int, column: int, said: str
) -> None:
    problem = problems_of(text)[0]
    assert (problem.line, problem.column) == (line, column), problem.message
    assert said in problem.message


@pytest.mark.parametrize(
    "text", ["name: x # it's [fine\n", "name: 'a''b [ # {' # \"\n", "name: d'or [a}\n", 'name: "\\" [#"\n']
)
def test_quotes_brackets_and_comments_that_are_right_are_left_alone(text: str) -> None:
    assert load_document(parse_yaml(text, FILE), _FileSchema())


NO_FILES = {"folder": os.mkdir} | ({"pipe": os.mkfifo} if hasattr(os, "mkfifo") else {})


@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Nobody ever writes into the pipe."""
    make(tmp_path / "clinic.yaml")
    with pytest.raises(InputProblemsError) as refused:
        read_bytes(tmp_path / "clinic.yaml")
    (problem,) = refused.value.problems
    assert problem.message == "cannot be read (it is a folder, a pipe or a device); check the path"


def test_a_link_to_a_file_is_read_as_the_file(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_bytes(b"name: x\r\n\x1a")
    (tmp_path / "clinic.yaml").hardlink_to(tmp_path / "real.yaml")
    assert read_bytes(tmp_path / "clinic.yaml") == b"name: x\r\n\x1a"
