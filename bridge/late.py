"""Names of a room's front door that are imported when somebody first asks for them (PEP 562).

For what a bridge that serves does not need at its start. A front door names them twice: under `TYPE_CHECKING` for tools
that read it, else by `late_names`.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any


def late_names(room: str, **modules: tuple[str, ...]) -> Callable[[str], Any]:
    """A `__getattr__` for the front door of `room`: which names stand in which of its modules."""
    homes = {name: module for module, names in modules.items() for name in names}

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        return getattr(import_module(f"{room}.{homes[name]}"), name)

    return find
