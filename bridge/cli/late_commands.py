"""Commands that are imported when they are asked for, so that none waits for what only others need."""

import contextlib
import gc
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import click


class LateCommands(click.Group):
    """A group with commands that stand elsewhere: `late` says where, as (module, its name there)."""

    def __init__(self, *arguments: Any, late: Mapping[str, tuple[str, str]] | None = None, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._late = late or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted({*super().list_commands(ctx), *self._late})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported by now; None when there is none."""
        if cmd_name not in self.commands and cmd_name in self._late:
            module, name = self._late[cmd_name]
            with importing():
                self.add_command(getattr(import_module(module), name), cmd_name)
        return super().get_command(ctx, cmd_name)


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Look for no garbage meanwhile: what is imported stays, and going through it again and again takes a tenth of the
    time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
