"""Imports run one way, from the doors to the ground; a room is entered by its front door (docs/architecture.md)."""

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "bridge"

GROUND = {
    "admission",
    "alarms",
    "asking",
    "config",
    "config_schema",
    "config_values",
    "errors",
    "file_types",
    "findings",
    "holds",
    "late",
    "layout",
    "passwords",
    "secret",
    "settings",
    "tags",
    "targets",
    "whole_files",
    "yamlfile",
}
MIDDLE = {"imaging", "mapping", "photos", "tscharts"}
WORK = {"copies", "delivery"}
WEB_DOORS = {"charting", "medimage", "web"}

MAY_IMPORT = {
    **dict.fromkeys(GROUND, GROUND),
    **dict.fromkeys(MIDDLE, GROUND),
    **dict.fromkeys(WORK, MIDDLE | GROUND),
    **dict.fromkeys(WEB_DOORS, WORK | MIDDLE | GROUND),
    # the pages show what the protocol's door does (codes, addresses, QR codes), and do what the charting doors do
    "web": {"medimage", "charting"} | WORK | MIDDLE | GROUND,
    # apart
    "sandbox": GROUND,
    "notices": GROUND,
    # wiring: `service` puts the rooms together, the others are its parts; the command line starts it
    "network": set(),
    "scheduler": set(),
    "pace": set(),
    "patience": {"pace"},
    "http_request": {"pace"},
    "logs": {"errors"},
    "tls": {"errors", "late"},
    "server": {"http_request", "patience", "tls", "errors", "settings"},
    "app": {"errors"} | WEB_DOORS,
    "announcing": {"notices"} | MIDDLE | GROUND,
    "charting_doors": {"charting"} | WORK | MIDDLE | GROUND,
    "reaching": {"medimage", "network"} | MIDDLE | GROUND,
    "service": {
        *{"announcing", "app", "charting_doors", "health", "logs", "network", "notices", "reaching", "scheduler"},
        "server",
    }
    | WEB_DOORS
    | WORK
    | MIDDLE
    | GROUND,
    "health": {"reaching", "tls"} | WEB_DOORS | WORK | MIDDLE | GROUND,
    "cli": {"health", "logs", "network", "reaching", "service", "sandbox", "tls"} | WEB_DOORS | WORK | MIDDLE | GROUND,
    "__main__": {"cli"},
}
"""Which module or room of `bridge` may import which others. Who adds one says here where it stands."""

LIBRARY_HOMES = {
    "flask": (
        "app.py",
        "server.py",
        "medimage/views.py",
        "medimage/pairing_views.py",
        "medimage/read_views.py",
        "service.py",
        "charting_doors.py",
        "charting/views",
        "charting/json_door/views.py",
        "web/",
    ),
    "werkzeug": (
        "app.py",
        "medimage/views.py",
        "charting/views",
        "charting/json_door/views.py",
        "web/",
        "passwords.py",
    ),
    "itsdangerous": ("admission.py",),
    "cheroot": ("server.py", "http_request.py", "tls"),
    "apispec": ("charting/json_door/",),
    "apscheduler": ("scheduler.py",),
    "jinja2": ("charting/json_door/",),
    "sqlalchemy": ("photos/", "sandbox/"),
    "alembic": ("photos/",),
    "psycopg": ("photos/",),
    "cryptography": ("tls/", "web/staff.py"),
    "segno": ("medimage/qr.py",),
    "requests": ("tscharts/", "medimage/", "notices/"),
    "PIL": ("imaging/", "cli/demo.py"),
    "ruamel": ("yamlfile/",),
    "re2": ("mapping/patterns.py", "mapping/expressions.py"),
    "click": ("cli/", "sandbox/__main__.py"),
}
"""Where a library is used; elsewhere its room does the work. Domain code knows no Flask."""


@dataclass(frozen=True)
class Import:
    """One import: the file it stands in, relative to the package, its line, and the whole name that is imported."""

    file: str
    line: int
    name: str

    @property
    def room(self) -> str:
        """The top-level module or room in which the import stands."""
        return self.file.split("/")[0].removesuffix(".py")

    def __str__(self) -> str:
        return f"bridge/{self.file}, line {self.line}: {self.name}"


def _imports() -> Iterator[Import]:
    for path in sorted(PACKAGE.rglob("*.py")):
        file = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from (Import(file, node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                dots = "." * node.level
                yield Import(file, node.lineno, f"{dots}{node.module or ''}")


_NO_PART = {"typing", "bridge.late"}
"""What front doors import for themselves."""

IMPORTS = list(_imports())
OWN = [each for each in IMPORTS if each.name.startswith("bridge.")]


def _places(imports: list[Import]) -> str:
    return "\n".join(map(str, imports))


def test_every_module_and_room_has_a_place_in_the_order() -> None:
    found = {path.stem for path in PACKAGE.glob("*.py")} | {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert found - {"__init__"} <= set(MAY_IMPORT)


def test_imports_run_one_way() -> None:
    wrong = [
        each
        for each in OWN
        if (other := each.name.split(".")[1]) != each.room and other not in MAY_IMPORT.get(each.room, set())
    ]
    assert not wrong, _places(wrong)


def test_rooms_are_entered_by_their_front_door() -> None:
    wrong = [each for each in OWN if each.name.count(".") > 1 and each.name.split(".")[1] != each.room]
    assert not wrong, _places(wrong)


def test_imports_name_their_module_in_full() -> None:
    assert not [str(each) for each in IMPORTS if each.name.startswith(".")]


@pytest.mark.parametrize("library", LIBRARY_HOMES)
def test_a_library_is_used_only_where_it_is_at_home(library: str) -> None:
    users = [each for each in IMPORTS if each.name.split(".")[0] == library]
    strangers = [each for each in users if not each.file.startswith(LIBRARY_HOMES[library])]
    assert users
    assert not strangers, _places(strangers)


@pytest.mark.parametrize("room", sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py")))
def test_a_front_door_says_what_the_room_does_and_what_others_may_use(room: str) -> None:
    tree = ast.parse((PACKAGE / room / "__init__.py").read_text("utf-8"))
    late = [node for each in tree.body if isinstance(each, ast.If) for node in each.body]
    own = [each for each in (*tree.body, *late) if isinstance(each, ast.ImportFrom) and each.module not in _NO_PART]
    imported = [alias.name for node in own for alias in node.names]
    (said,) = [ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign)]
    assert ast.get_docstring(tree)
    assert sorted(said) == sorted(imported)


@pytest.mark.parametrize("room", sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py")))
def test_what_a_front_door_imports_late_is_there(room: str) -> None:
    door = importlib.import_module(f"bridge.{room}")
    assert not [name for name in door.__all__ if not hasattr(door, name)]
    assert not hasattr(door, "nothing_of_this_name")
