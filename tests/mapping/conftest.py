"""Mapping files written into a temporary folder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.errors import InputProblemsError, Problem
from bridge.mapping import Mapping, load_mapping

CLINIC = """\
version: 1
patient:
  id: {form: id}
  curp: {form: curp}
  old-id: {form: oldid, prefix: [old, viejo]}
types:
  Headshot: {station: Registration, aliases: [face, cara]}
  Xray: {station: X-Ray, aliases: [x-ray, rayos x, radiografía]}
  Surgery:
stations:
  Registration:
  X-Ray: {aliases: [x-ray]}
  Dental1: {aliases: [dental, dental 1]}
  ENT:
clinic: {tags: {ensenada: 2, tijuana: 3}}
ignore: [photo, image]
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def writer(content: str | bytes) -> Path:
        file = tmp_path / "clinic.yaml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return writer


@pytest.fixture
def problems_of(write: Callable[[str | bytes], Path]) -> Callable[[str | bytes], tuple[Problem, ...]]:
    """The problems for which a file of this content is refused."""

    def refuse(content: str | bytes) -> tuple[Problem, ...]:
        with pytest.raises(InputProblemsError) as refused:
            load_mapping(write(content))
        return refused.value.problems

    return refuse


@pytest.fixture
def mapping(write: Callable[[str | bytes], Path]) -> Mapping:
    """A mapping with a bit of everything."""
    return load_mapping(write(CLINIC))
