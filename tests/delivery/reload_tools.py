"""What the tests of edited mapping files share: small mappings, and editing as an editor does."""

import hashlib
from pathlib import Path

from late_and_early import QUICK

from bridge.photos import Photo
from bridge.service import Service
from bridge.settings import Config
from bridge_runner import make_config

BASE = """version: 1
patient: {chart-number: {form: id}}
types: {Headshot: , Xray: , Surgery: }
clinic: 2
late_headshots: send
"""


def mapping(**more: str) -> str:
    """A mapping file of sections in flow YAML; those of BASE unless they are named."""
    kept = [line for line in BASE.splitlines() if line.partition(":")[0] not in more]
    return "\n".join([*kept, *(f"{name}: {text}" for name, text in more.items())]) + "\n"


def version_of(text: str) -> str:
    """What the bridge calls a version."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def edit(file: Path, text: str) -> str:
    """Save a file in one step, as good editors do; what the bridge is to call it."""
    part = file.with_suffix(".part")
    part.write_bytes(text.encode())
    part.replace(file)
    return version_of(text)


def reload_config(folder: Path, chart_url: str, more: str = "") -> tuple[Config, Path]:
    """A config whose practices have BASE for a mapping, and that file."""
    config = make_config(folder, chart_url, delivery=QUICK, more=more)
    file = folder / "thousand-smiles.yaml"
    edit(file, BASE)
    return config, file


def history(bridge: Service, photo: Photo) -> list[tuple[str, str]]:
    """The reasons and details of a photo's events."""
    return [(event.reason, event.detail) for event in bridge.store.events(photo.id)]
