"""Files that are no config.json of MedImage, or an odd one."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.medimage.migration import Migration, migrate
from bridge.medimage.old_settings import MigrationError
from bridge.yamlfile import parse_yaml

GUID = "uPSE4UWHmJ8XqFUqvf"
ADDRESS = f"https://medimage-nz1.atomjump.com/read/{GUID}"
KEYS = [
    "purpose", "backupTo", "readProxy", "globalId", "listenPort", "httpsKey", "httpsCert", "allowPhotosLeaving",
    "allowGettingRemotePhotos", "webProxy", "keepMaster", "lockDown", "basicAuthent", "allowedTypes", "allowedChars",
    "maxUploadSize", "headers", "transfer", "onStartBackupDriveDetect", "style", "countryCode", "proxy",
]  # fmt: skip


def read(migration: Migration) -> dict[str, Any]:
    """The new config as the bridge's own reader sees it: every value is text."""
    data = parse_yaml(migration.config_yaml, Path("config.yaml")).data
    assert isinstance(data, dict)
    return data


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("listenPort", 0),
        ("listenPort", 65536),
        ("listenPort", True),
        ("listenPort", "5566; rm"),
        ("listenPort", 5566.5),
        ("listenPort", [5566]),
        ("maxUploadSize", -1),
        ("maxUploadSize", 10**400),
        ("maxUploadSize", float("inf")),
        ("lockDown", "false"),
        ("allowPhotosLeaving", 1),
        ("onStartBackupDriveDetect", {}),
        ("backupTo", 5),
        ("backupTo", {"a": "b"}),
        ("backupTo", ["/ok"] * 101),
        ("backupTo", [["nested"]]),
        ("backupTo", ["two\nlines"]),
        ("allowedTypes", "x" * 5000),
        ("httpsKey", "/etc/\ud800"),
        ("httpsCert", "x" * 5000),
        ("globalId", 123456789012345678),
        ("readProxy", [ADDRESS]),
        ("basicAuthent", {"hush": 1}),
        ("webProxy", "http://h\u2028: x"),
    ],
)
def test_a_value_of_the_wrong_kind_is_left_out_in_one_sentence_and_the_config_stays_whole(
    name: str, value: Any
) -> None:
    migration = migrate({name: value, "allowGettingRemotePhotos": True})
    (sentence,) = [each for each in migration.left_out if each.startswith(f"`{name}`")]
    assert sentence.endswith(".")
    assert sentence.isprintable()
    assert not any(each.startswith(f"`{name}`") for each in migration.carried)
    assert read(migration)["server"]["host"] == "0.0.0.0"


def test_settings_that_nobody_knows_are_named_and_not_without_end() -> None:
    sentences = migrate({f"odd`\n{number}": "hush" for number in range(1000)}).left_out
    assert sentences[0] == "`odd??0` is not a setting that the bridge knows of."
    assert sentences[-1] == "970 more are not settings that the bridge knows of."
    assert len(sentences) == 31
    assert "hush" not in "".join(sentences)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"not valid JSON \(line 1, column 1\)"),
        ("{'a': 1}", r"not valid JSON \(line 1, column 2\)"),
        ('{\n"a": 1,\n}', r"not valid JSON \(line 3"),
        ("[]", "holds no settings in curly brackets"),
        ("null", "holds no settings in curly brackets"),
        ('"text"', "holds no settings in curly brackets"),
        ("[" * 100_000, "of a kind that no MedImage server reads"),
        ('{"a": ' + "9" * 10_000 + "}", "of a kind that no MedImage server reads"),
        (" " * 2_000_000, "larger than 1 MiB"),
        (b"\xff\xfe{\0}\0", "is not UTF-8 text"),
        (b'{"a": "\xe9"}', "is not UTF-8 text"),
    ],
)
def test_what_is_no_config_json_is_refused_in_one_sentence(text: str | bytes, sentence: str) -> None:
    with pytest.raises(MigrationError, match=sentence) as caught:
        migrate(text)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("text", ['\ufeff{"listenPort": 7}', b'\xef\xbb\xbf{"listenPort": 7}'], ids=["text", "bytes"])
def test_a_byte_order_mark_of_an_editor_does_not_matter(text: str | bytes) -> None:
    assert read(migrate(text))["server"]["port"] == "7"


HOSTILE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([GUID, ADDRESS, "C:\\x", "'"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS) | st.text(), HOSTILE, max_size=8))
def test_whatever_stands_in_a_config_json_the_new_config_is_whole_and_every_setting_is_accounted_for(
    old: dict[str, Any],
) -> None:
    migration = migrate(json.loads(json.dumps(old)))
    new = read(migration)
    assert set(new) <= {
        "data_folder", "server", "pages", "web_proxy", "uploads", "copies", "proxy", "practices",
    }  # fmt: skip
    assert set(new["practices"][0]) <= {"name", "guid", "mapping", "read_from", "page_password_hash"}
    told = "\n".join(migration.carried + migration.left_out)
    for name, value in old.items():
        if name in KEYS and name != "purpose" and value not in (None, "", []):
            assert f"`{name}`" in told
