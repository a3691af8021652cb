"""A folder for configs, and what comes of loading them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from config_texts import PASSWORD

from bridge.config import load_config
from bridge.errors import InputProblemsError, Problem
from bridge.settings import Config


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the configs of these tests name."""
    (tmp_path / "m.yaml").write_text("version: 1\n")
    (tmp_path / "pw").write_text(f"{PASSWORD}\n")
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "two-lines").write_text(f"{PASSWORD}\n{PASSWORD}\n")
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    (tmp_path / "large").write_bytes(b"x" * 100_000)
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.fixture
def load(folder: Path) -> Callable[..., Config]:
    """Loads a config of this text, with these environment variables."""

    def loader(text: str, **environ: str) -> Config:
        (folder / "config.yaml").write_text(text, "utf-8")
        return load_config(folder / "config.yaml", environ)

    return loader


@pytest.fixture
def problems_of(load: Callable[..., Config]) -> Callable[..., tuple[Problem, ...]]:
    """The problems for which a config of this text is refused."""

    def refuse(text: str, **environ: str) -> tuple[Problem, ...]:
        with pytest.raises(InputProblemsError) as refused:
            load(text, **environ)
        assert PASSWORD not in str(refused.value)
        return refused.value.problems

    return refuse
