"""docs/pairing.md shows what the bridge really answers."""

import json
import re
from pathlib import Path

import requests

from bridge.config import load_config
from bridge_runner import GUID, make_config, running_bridge

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "pairing.md"
TOKEN = "a-token-of-an-invented-practice-0123456789"


def test_the_worked_example_has_the_shape_of_a_real_answer(tmp_path: Path) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    (tmp_path / "token").write_text(TOKEN)
    file = make_config(tmp_path, "http://127.0.0.1:9", more="pairing: {own_service: true}").file
    file.write_text(file.read_text().replace(f"guid: {GUID},", f"guid: {GUID}, api_token_file: token,"))
    with running_bridge(load_config(file)) as bridge:
        signed = {"Authorization": f"Bearer {TOKEN}"}
        answer = requests.post(f"{bridge.web.url}/api/v1/pairing", json={"guid": None}, headers=signed, timeout=10)
    assert answer.status_code == 200
    assert shape(json.loads(example)) == shape(answer.json())
    assert answer.json()["guid"] == GUID


def shape(value: object) -> object:
    """The names and kinds of what a JSON value holds."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    return type(value)
