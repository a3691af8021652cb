"""From MedImage's config.json to a config.yaml."""

import json
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pytest

from bridge.config import load_config
from bridge.medimage.migration import Migration, migrate
from bridge.passwords import is_hash, is_password
from bridge.secret import Secret
from bridge.yamlfile import parse_yaml

FOLDER = Path(__file__).parent / "migration"
GUID = "uPSE4UWHmJ8XqFUqvf"
OTHER_GUID = "aB3dE5fG7hI9jK1lM3"
ADDRESS = f"https://medimage-nz1.atomjump.com/read/{GUID}"
READER = {"readProxy": ADDRESS, "globalId": GUID, "allowGettingRemotePhotos": True}


def migrated(name: str) -> Migration:
    """A config.json of the folder, moved."""
    return migrate((FOLDER / f"{name}.json").read_bytes(), PureWindowsPath("C:/MedImage"))


def read(migration: Migration) -> dict[str, Any]:
    """The new config as the bridge's own reader sees it: every value is text."""
    data = parse_yaml(migration.config_yaml, Path("config.yaml")).data
    assert isinstance(data, dict)
    return data


def config(**settings: Any) -> dict[str, Any]:
    """The new config for these old settings."""
    return read(migrate(settings))


def practice(**settings: Any) -> dict[str, Any]:
    """The practice that comes of these old settings."""
    (only,) = config(**settings)["practices"]
    return dict(only)


def left_out(**settings: Any) -> str:
    """What is said of the settings that were not carried over."""
    return "\n".join(migrate(settings).left_out)


def test_a_paired_pc_keeps_its_port_code_address_folders_certificate_and_limits() -> None:
    new = read(migrated("paired-pc"))
    assert is_hash(new["practices"][0].pop("page_password_hash"))
    assert new == {
        "data_folder": "data",
        "server": {
            "host": "0.0.0.0",
            "port": "5567",
            "tls": {"certificate_file": r"C:\MedImage\tls\cert.pem", "key_file": r"C:\medimage\key.pem"},
        },
        "uploads": {
            "allow_unpaired": "true",
            "max_upload_bytes": "10485760",
            "allowed_types": ["jpeg", "pdf", "mp4", "text"],
        },
        "copies": {
            "find_drives": "true",
            "folders": ["C:/clinic/photos", r"\\server\share\photos", r"C:\MedImage\copies"],
        },
        "pages": {"locked": "false"},
        "proxy": {"serve_downloads": "false"},
        "practices": [{"name": "clinic", "mapping": "mappings/clinic.yaml", "guid": GUID, "read_from": [ADDRESS]}],
    }


def test_the_recorded_proxy_goes_on_serving_pcs_and_refuses_what_has_no_code() -> None:
    assert read(migrated("recorded-proxy")) == {
        "data_folder": "data",
        "server": {"host": "0.0.0.0", "port": "15566"},
        "pages": {"locked": "true"},
        "uploads": {
            "allow_unpaired": "false",
            "max_upload_bytes": "16777216",
            "allowed_types": ["jpeg", "pdf", "mp4", "mp3", "text", "json", "heic"],
        },
        "proxy": {"serve_downloads": "true"},
        "practices": [{"name": "clinic", "mapping": "mappings/clinic.yaml"}],
    }


def test_a_server_for_many_practices_says_where_their_codes_are_found() -> None:
    for name in ("recorded-proxy", "cloud-store"):
        migration = migrated(name)
        assert any("whose name is 16 to 20 letters and digits" in each for each in migration.left_out)
        assert "# FILL IN: the practice's code" in migration.config_yaml
        assert read(migration)["uploads"]["allow_unpaired"] == "false"


def test_a_pc_that_was_never_paired_goes_on_over_wifi() -> None:
    new = read(migrated("new-windows-pc"))
    assert new["uploads"] == {"allow_unpaired": "true"}
    assert new["practices"] == [{"name": "clinic", "mapping": "mappings/clinic.yaml"}]


def filled_in(text: str) -> str:
    """A new config with its comments to fill in taken as they stand."""
    for key in ("time_zone:", "chart:", "  url:", "  username:", "  password_file:"):
        text = text.replace(f"#{key}", key)
    return text


def test_what_only_the_clinic_knows_is_left_as_a_comment_to_fill_in() -> None:
    text = migrate(READER).config_yaml
    new = parse_yaml(filled_in(text), Path("config.yaml")).data
    assert new["practices"][0]["time_zone"] == "America/Tijuana"
    assert new["chart"] == {
        "url": "https://charts.example.org",
        "username": "bridge",
        "password_file": "secrets/chart-password",
    }
    assert text.count("FILL IN:") == 2


@pytest.mark.parametrize("name", ["recorded-proxy", "cloud-store", "new-windows-pc", "wifi-and-proxy-pc"])
def test_a_new_config_that_was_filled_in_is_one_that_the_bridge_takes(name: str, tmp_path: Path) -> None:
    migration = migrate((FOLDER / f"{name}.json").read_bytes(), tmp_path)
    files = {"secrets/chart-password": "x", "mappings/clinic.yaml": "types: {}\n"}
    for file, content in files.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(content)
    (tmp_path / "config.yaml").write_text(filled_in(migration.config_yaml))
    loaded = load_config(tmp_path / "config.yaml")
    old = json.loads((FOLDER / f"{name}.json").read_text())
    assert loaded.server.port == old["listenPort"]
    assert loaded.serve_downloads == old["allowPhotosLeaving"]
    assert loaded.practices[0].guid == old.get("globalId")
    assert loaded.practices[0].read_from == tuple(filter(None, [old["readProxy"]]))
    assert [str(folder) for folder in loaded.copies.folders] == (old["backupTo"] or [])


def test_the_practice_gets_the_name_it_is_given() -> None:
    new = read(migrate(READER, practice="thousand-smiles"))
    assert new["practices"][0]["name"] == "thousand-smiles"
    assert new["practices"][0]["mapping"] == "mappings/thousand-smiles.yaml"


def test_the_port_of_medimage_is_used_when_none_is_set() -> None:
    assert config()["server"]["port"] == "5566"


def test_no_password_is_shown_and_only_the_hash_of_that_for_pages_goes_on() -> None:
    migration = migrated("paired-pc")
    everything = repr(migration) + migration.config_yaml + "".join(migration.carried + migration.left_out)
    assert "wound" not in everything
    assert "Tr0ub4dor" not in everything
    assert "webProxy" in {line.split("`")[1] for line in migration.left_out}
    assert {"basicAuthent", "lockDown"} <= {line.split("`")[1] for line in migration.carried}
    kept = read(migration)["practices"][0]["page_password_hash"]
    assert is_hash(kept)
    assert is_password(Secret('it\'s a "wound" #1'), kept)


@pytest.mark.parametrize("is_locked", [True, False])
def test_locked_pages_stay_locked(is_locked: bool) -> None:
    assert config(lockDown=is_locked)["pages"] == {"locked": str(is_locked).lower()}
    assert "lockDown" not in left_out(lockDown=is_locked)


def test_without_lockdown_nothing_is_said_of_pages() -> None:
    assert "pages" not in config()


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("changeme", "MedImage's own default, which everybody knows"),
        ("short", "8 to 200 letters"),
        ("x" * 201, "8 to 200 letters"),
    ],
)
def test_a_password_that_guards_nothing_is_left_out_with_what_to_do(password: str, why: str) -> None:
    assert "page_password_hash" not in practice(basicAuthent=password)
    sentence = left_out(basicAuthent=password)
    assert why in sentence
    assert "tscharts-bridge page-password" in sentence
    assert password not in sentence


def test_a_web_proxy_without_a_password_stands_in_the_config() -> None:
    assert config(webProxy="http://10.0.0.1:3128")["web_proxy"] == "http://10.0.0.1:3128"


@pytest.mark.parametrize(
    "address", ["10.0.0.1:3128", "socks5://h:1", "http://", "http://[::1", "http://u:hush@h:99999"]
)
def test_a_web_proxy_of_another_kind_is_left_out_and_not_shown(address: str) -> None:
    migration = migrate({"webProxy": address})
    assert "web_proxy" not in read(migration)
    assert migration.left_out == ["`webProxy` is not of the form http://host:port; set `web_proxy` by hand."]


def test_a_code_that_differs_from_the_address_read_from_gives_way_to_it() -> None:
    settings = READER | {"globalId": OTHER_GUID}
    assert practice(**settings)["guid"] == GUID
    assert "`globalId` is not the code at the end of `readProxy`" in left_out(**settings)


def test_the_code_is_taken_from_the_address_when_it_stands_there_alone() -> None:
    assert practice(readProxy=ADDRESS + "/", allowGettingRemotePhotos=True)["guid"] == GUID


def test_an_address_that_medimage_did_not_read_is_not_read_by_the_bridge() -> None:
    settings = READER | {"allowGettingRemotePhotos": False}
    assert practice(**settings) == {"name": "clinic", "mapping": "mappings/clinic.yaml", "guid": GUID}
    assert "`readProxy` was not used by MedImage" in left_out(**settings)


@pytest.mark.parametrize(
    "address",
    [
        "http://YOURIP:5566/read/yourdir",
        f"ftp://host/read/{GUID}",
        f"https://user:pass@host/read/{GUID}",
        f"https://host/read/{GUID}?x=1",
        f"https://host/write/{GUID}",
        f"https://host/read/{GUID}\n- evil",
    ],
)
def test_an_address_of_another_form_is_left_out(address: str) -> None:
    settings = {"readProxy": address, "allowGettingRemotePhotos": True}
    assert "read_from" not in practice(**settings)
    assert "`readProxy`" in left_out(**settings)
    assert "pass" not in left_out(**settings)


def test_a_code_that_no_phone_can_have_is_left_out() -> None:
    old_style = "110ec58a-a0f2-4ac4-8393-c866d813b8d1"
    assert "guid" not in practice(globalId=old_style)
    assert "no phone can be paired with it" in left_out(globalId=old_style)


def test_a_locked_pc_with_a_code_still_takes_photos_over_wifi() -> None:
    assert config(lockDown=True, globalId=GUID)["uploads"]["allow_unpaired"] == "true"


def test_half_of_a_certificate_and_key_is_left_out() -> None:
    assert "tls" not in config(httpsKey="/etc/key.pem")["server"]
    assert "`httpsKey` needs a key and a certificate together" in left_out(httpsKey="/etc/key.pem")


@pytest.mark.parametrize(
    ("folder", "path", "expected"),
    [
        (PurePosixPath("/opt/medimage"), "tls/key.pem", "/opt/medimage/tls/key.pem"),
        (PurePosixPath("/opt/medimage"), "/etc/key.pem", "/etc/key.pem"),
        (PureWindowsPath("C:/MedImage"), "D:/key.pem", "D:/key.pem"),
        (PureWindowsPath("C:/MedImage"), "\\\\server\\key.pem", "\\\\server\\key.pem"),
        (None, "tls/key.pem", "tls/key.pem"),
    ],
)
def test_relative_paths_begin_at_the_folder_of_medimage(folder: Any, path: str, expected: str) -> None:
    new = read(migrate({"httpsKey": path, "httpsCert": path}, folder))
    assert new["server"]["tls"]["key_file"] == expected


def test_a_single_folder_may_stand_without_a_list() -> None:
    assert config(backupTo="/photos")["copies"] == {"folders": ["/photos"]}


def test_a_type_that_is_not_known_is_named() -> None:
    settings = {"allowedTypes": [{"extension": ".exe"}, {"extension": ".jpg"}, "jpg", {"mime": "image/png"}]}
    assert config(**settings)["uploads"]["allowed_types"] == ["jpeg"]
    assert left_out(**settings).count("a type that the bridge does not know") == 3


def test_without_one_known_type_the_bridges_own_list_stands() -> None:
    assert "allowed_types" not in config(allowedTypes=[{"extension": ".exe"}])["uploads"]
