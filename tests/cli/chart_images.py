"""Images that are in a chart before a command looks at them."""

import base64
from dataclasses import replace
from pathlib import Path

import requests

from bridge.photos import AuditRecord, SqliteStore
from bridge.sandbox import SandboxServer, Seed, default_seed
from bridge.settings import Config
from noted import noted
from phone import picture

HOSTILE = "Ana\x1b[2J\x9b31m\u202ezeP"


def filed(chart: SandboxServer, patient: int = 3, data: bytes | str | None = None, **fields: object) -> int:
    """File an image as a tablet does; its number. `data` as a text is what the chart holds, whatever that is."""
    text = data if isinstance(data, str) else base64.b64encode(picture() if data is None else data).decode()
    body = {"patient": patient, "type": "Surgery", "clinic": 1, "station": 4, "data": text, **fields}
    headers = {"Authorization": f"Token {chart.token('bridge')}"}
    answer = requests.post(f"{chart.url}/tscharts/v1/image/", json=body, headers=headers, timeout=20)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["id"])


def hostile_seed() -> Seed:
    """The usual chart, in which patient 3's first name would steer a terminal."""
    seed = default_seed()
    patients = tuple({**row, "first": HOSTILE} if row["id"] == 3 else row for row in seed.rows["patients"])
    return replace(seed, rows={**seed.rows, "patients": patients})


def audited(config: Config) -> list[AuditRecord]:
    """What was noted, the oldest first."""
    store = SqliteStore(config.data_folder)
    try:
        return noted(store)
    finally:
        store.close()


def files(folder: Path) -> list[str]:
    """The names of what is in a folder."""
    return sorted(path.name for path in folder.iterdir())
