"""How the code reads: nothing switched off or left for later, short functions and files, public names explained."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
BRIDGE = sorted((REPOSITORY / "bridge").rglob("*.py"))
HAND_WRITTEN = [path for path in BRIDGE if "migrations" not in path.parts]
"""Without the migrations: each of those is one list of tables, and is never changed again."""

CODE = BRIDGE + sorted((REPOSITORY / "tests").rglob("*.py"))

MOST_FUNCTION_LINES = 45
MOST_FILE_LINES = 400

LEFT_FOR_LATER = ["TO" + "DO", "FIX" + "ME", "X" * 3]
SWITCHED_OFF = [
    "# no" + "qa",
    "type: " + "ignore",
    "pytest." + "skip",
    "mark." + "skip",
    "x" + "fail",
    "import" + "orskip",
]

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _name(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def _lines_with(pattern: str) -> list[str]:
    """Where a pattern is found in the code, as `file:line`."""
    found = re.compile(pattern)
    return [
        f"{_name(path)}:{number}"
        for path in CODE
        for number, line in enumerate(_text(path).splitlines(), start=1)
        if found.search(line)
    ]


@pytest.mark.parametrize("word", LEFT_FOR_LATER)
def test_nothing_is_left_for_later(word: str) -> None:
    assert _lines_with(rf"\b{word}\b") == []


@pytest.mark.parametrize("word", SWITCHED_OFF)
def test_no_check_and_no_test_is_switched_off(word: str) -> None:
    assert _lines_with(re.escape(word)) == []


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=_name)
def test_functions_are_short(path: Path) -> None:
    functions = [node for node in ast.walk(_tree(path)) if isinstance(node, Function)]
    lengths = {each.name: (each.end_lineno or each.lineno) - each.lineno + 1 for each in functions}
    assert {name: length for name, length in lengths.items() if length > MOST_FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", BRIDGE, ids=_name)
def test_files_are_short(path: Path) -> None:
    assert len(_text(path).splitlines()) < MOST_FILE_LINES


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=_name)
def test_modules_and_their_public_names_are_explained(path: Path) -> None:
    tree = _tree(path)
    assert ast.get_docstring(tree)
    assert [node.name for node in _public(tree) if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=_name)
def test_what_stands_at_a_front_door_is_explained_to_its_last_method(path: Path) -> None:
    front_door = path.parent / "__init__.py"
    names = {alias.name for node in _tree(front_door).body if isinstance(node, ast.ImportFrom) for alias in node.names}
    classes = [each for each in _public(_tree(path)) if isinstance(each, ast.ClassDef)]
    open_to_all = [each for each in classes if each.name in names or path.parent.name == "bridge"]
    methods = [(each.name, method) for each in open_to_all for method in _public(each)]
    assert [f"{owner}.{method.name}" for owner, method in methods if not ast.get_docstring(method)] == []


@functools.cache
def _text(path: Path) -> str:
    return path.read_text("utf-8")


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(_text(path))


def _public(parent: ast.AST) -> Iterator[Function | ast.ClassDef]:
    """The classes and functions of a module or class without `_` in front."""
    for node in getattr(parent, "body", ()):
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node


def test_no_two_test_files_have_one_name() -> None:
    """Pytest takes the second one for the first and leaves it out."""
    names = [file.name for file in (REPOSITORY / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
