"""What commands share: the config file, and the store beside it."""

import contextlib
import getpass
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from bridge.admission import Admission
from bridge.config import load_config
from bridge.errors import BridgeError
from bridge.photos import Store, open_store
from bridge.service import admission_of
from bridge.settings import Config, PracticeSettings


@dataclass(frozen=True)
class Context:
    """The options given before the command."""

    config_file: Path
    debug: bool

    def config(self) -> Config:
        """The config. Raises InputProblemsError."""
        return load_config(self.config_file)

    @contextlib.contextmanager
    def store(self) -> Iterator[Store]:
        """The store, also while a bridge serves from it."""
        config = self.config()
        store = open_store(config.data_folder, config.database)
        try:
            yield store
        finally:
            store.close()

    @contextlib.contextmanager
    def admission(self) -> Iterator[Admission]:
        """What makes tickets that the running bridge takes."""
        config = self.config()
        if config.database is None:
            yield Admission.in_folder(config.data_folder)
            return
        with self.store() as store:
            yield admission_of(config, store)

    def practice(self, name: str | None) -> PracticeSettings:
        """The practice of this name, or the only one. Raises BridgeError when that does not say which."""
        practices = {practice.name: practice for practice in self.config().practices}
        if name is None and len(practices) == 1:
            return next(iter(practices.values()))
        if name is None:
            raise click.UsageError(f"Say which practice with --practice: {', '.join(practices)}.")
        if name not in practices:
            raise BridgeError(f"There is no practice `{name}` in {self.config_file}; it has: {', '.join(practices)}.")
        return practices[name]


pass_bridge = click.make_pass_decorator(Context)


def actor() -> str:
    """Who runs the command, for the events table."""
    try:
        return f"command line, {getpass.getuser()}"[:80]
    except (KeyError, OSError, ImportError):
        return "command line"
