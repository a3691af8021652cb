"""The files a new bridge starts with: config.yaml, its secret, and a mapping file."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from bridge.errors import BridgeError
from bridge.mapping import json_schema_text

CONFIG = Path("config.yaml")
SECRET = Path("secrets") / "chart-password"


@dataclass(frozen=True)
class NewBridge:
    """What is needed to write a config. `staff` are users of the chart who may come in; `admins` are those of them who
    may see who did what.
    """

    practice: str
    time_zone: str
    chart_url: str
    username: str
    password: str
    port: int
    guid: str
    host: str = "0.0.0.0"
    staff: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()


def practice_name(text: str) -> str:
    """A practice's short name as it was typed, without blanks around it. Raises click.BadParameter."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", text.strip()):
        raise click.BadParameter("use lower-case letters, digits and hyphens, at most 40, such as thousand-smiles")
    return text.strip()


def user_names(text: str) -> tuple[str, ...]:
    """Names of the chart's users as they were typed, with commas or blanks between them; each once."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def write_files(folder: Path, bridge: NewBridge) -> Path:
    """Write config.yaml, secrets/chart-password and mappings/PRACTICE.yaml into a folder, and the schema by which
    editors complete the last; gives the config's path.

    Raises BridgeError when one of them exists: nothing that a person wrote is overwritten. The config comes last, so
    that a folder with one is whole.
    """
    files = {
        folder / SECRET: f"{bridge.password}\n",
        folder / mapping_file(bridge.practice): starter_mapping(),
        folder / CONFIG: _config(bridge),
    }
    refuse_existing(files)
    write_mapping_schema(folder)
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, text, private=file.parent.name == "secrets")
    return folder / CONFIG


def refuse_existing(files: Iterable[Path]) -> None:
    """Raises BridgeError for the first file that exists."""
    for file in files:
        if file.exists():
            raise BridgeError(f"{file} exists already; move it away first, or choose another folder with --folder.")


def mapping_file(practice: str) -> Path:
    """Where a practice's mapping file stands in its folder."""
    return Path("mappings") / f"{practice}.yaml"


def starter_mapping() -> str:
    """The mapping file that every new practice starts with."""
    return (Path(__file__).parent / "starter-mapping.yaml").read_text("utf-8")


def write_mapping_schema(folder: Path) -> None:
    """Put the schema that `starter_mapping` names beside the mapping files of a folder, unless one is there."""
    file = folder / "mappings" / "mapping.schema.json"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, json_schema_text(), private=False)


def _write(file: Path, text: str, *, private: bool) -> None:
    """Write a new file; a private one is readable by its owner alone (on Windows, as its folder says)."""
    mode = 0o600 if private else 0o644
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as opened:
        opened.write(text)


def _config(bridge: NewBridge) -> str:
    return f"""# The tscharts image bridge. All settings are explained in config.example.yaml.
data_folder: data
log_file: logs/bridge.log

server:
  host: {_quoted(bridge.host)}
  port: {bridge.port}

chart:
  url: {_quoted(bridge.chart_url)}
  username: {_quoted(bridge.username)}
  password_file: {SECRET.as_posix()}

{_staff(bridge)}
practices:
  - name: {_quoted(bridge.practice)}
    guid: {bridge.guid}
    mapping: {mapping_file(bridge.practice).as_posix()}
    time_zone: {_quoted(bridge.time_zone)}
"""


def _staff(bridge: NewBridge) -> str:
    """Who may come in; without anybody, where to name them."""
    lines = f"staff:\n  allow: [{_listed(bridge.staff)}]\n  admins: [{_listed(bridge.admins)}]\n"
    if bridge.staff:
        return lines
    told = (
        "# The chart's users who may see this bridge's photos and repair them: `allow`; and who did what: `admins`.\n"
    )
    return told + "".join(f"#{line}\n" for line in lines.splitlines())


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
