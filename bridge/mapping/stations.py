"""A station's name where a setting of a mapping file gives one."""

from typing import Any

from bridge.mapping.findings import Findings
from bridge.mapping.model import Setting
from bridge.yamlfile import KeyPath, did_you_mean


def read_station(data: dict[str, Any], name: str, path: KeyPath, findings: Findings) -> Setting:
    """The station that a setting at `path` names. Where the file lists stations, it must be one of them."""
    listed = list(data["stations"])
    if listed and name not in listed:
        findings.error(path, f"`{name}` is not under `stations`; {did_you_mean(name, listed)}")
    return Setting(name, findings.line(path))
