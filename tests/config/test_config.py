"""config.yaml: what it gives, and how what is no config is refused (bridge/config.py)."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from config_texts import GOOD, PASSWORD, PRACTICE

from bridge.config import load_config
from bridge.errors import InputProblemsError, Problem
from bridge.secret import Secret
from bridge.settings import Config, ReadBack, ShapedDoorSettings, StaffSettings, kept_mapping
from bridge_runner import GUID, make_config


def test_a_short_config_is_filled_with_defaults(load: Callable[..., Config], folder: Path) -> None:
    config = load(GOOD)
    assert config.data_folder == folder.resolve() / "data"
    assert (config.server.host, config.server.port) == ("0.0.0.0", 5566)
    assert config.delivery.read_back is ReadBack.ALWAYS
    assert config.uploads.max_upload_bytes == 32 * 1024 * 1024
    assert config.log_file is None
    practice = config.practice("a")
    assert practice.mapping == folder.resolve() / "m.yaml"
    assert practice.time_zone == ZoneInfo("America/Tijuana")
    assert practice.chart.password == Secret(PASSWORD)
    assert practice.chart.verify_tls is True


def test_a_section_left_empty_is_as_one_left_out(load: Callable[..., Config]) -> None:
    assert load(GOOD + "server:\nuploads:\ndelivery:\n  # workers: 8\n") == load(GOOD)


def test_a_practice_may_have_a_chart_of_its_own(load: Callable[..., Config]) -> None:
    own = PRACTICE.replace("name: a,", 'name: b, chart: {url: "http://other:8000", token_env: T},').replace("M3", "M4")
    config = load(GOOD + own, T="abc123")
    assert [practice.chart.url for practice in config.practices] == ["https://charts.example.org", "http://other:8000"]
    assert config.practice("b").chart.token == Secret("abc123")


def test_with_several_charts_staff_are_named_with_a_practice_of_theirs(load: Callable[..., Config]) -> None:
    own = PRACTICE.replace("name: a,", 'name: b, chart: {url: "http://other:8000", token_env: T},').replace("M3", "M4")
    staff = load(GOOD + own + "staff: {allow: [a/maria], admins: [b/lead]}\n", T="abc123").staff
    assert [staff.lets_in("maria", [practice]) for practice in "ab"] == [True, False]
    assert [staff.is_admin("lead", [practice]) for practice in "ab"] == [False, True]
    assert [staff.names(name, ["b"]) for name in ("lead", "maria", None)] == [True, False, False]


@pytest.mark.parametrize("text", [PASSWORD, f"{PASSWORD}\n", f"\ufeff{PASSWORD}\r\n"], ids=["bare", "line", "Windows"])
def test_a_secret_file_is_read_without_its_line_end(load: Callable[..., Config], folder: Path, text: str) -> None:
    (folder / "pw").write_bytes(text.encode())
    assert load(GOOD).practices[0].chart.password == Secret(PASSWORD)


def test_blanks_of_a_password_are_its_own(load: Callable[..., Config], folder: Path) -> None:
    (folder / "pw").write_bytes(b" two words \n")
    assert load(GOOD).practices[0].chart.password == Secret(" two words ")


def test_secrets_are_not_shown_by_a_loaded_config(load: Callable[..., Config]) -> None:
    config = load(GOOD.replace("username: bridge, password_file: pw", "token_env: T"), T=PASSWORD)
    chart = config.practices[0].chart
    for shown in (repr(config), str(config), f"{chart.token}", f"{chart!r}", str(vars(chart))):
        assert PASSWORD not in shown
        assert "<secret>" in shown or shown == repr(config)
    assert chart.token is not None
    assert chart.token.reveal() == PASSWORD


def test_a_ca_file_is_trusted_alone(load: Callable[..., Config], folder: Path) -> None:
    config = load(GOOD.replace("password_file", "ca_file: m.yaml, password_file"))
    assert config.practices[0].chart.verify_tls == str(folder.resolve() / "m.yaml")


def test_photos_without_guid_go_to_the_only_practice(load: Callable[..., Config]) -> None:
    assert load(GOOD + "uploads: {allow_unpaired: true}\n").uploads.unpaired_practice == "a"
    assert load(GOOD.replace("guid: aB3dE5fG7hI9jK1lM3, ", "")).practices[0].guid is None


@pytest.mark.parametrize(
    ("written", "kinds"),
    [
        ("jpeg", {"jpeg"}),
        (".jpg, .JPEG, image/jpeg", {"jpeg"}),
        ("{extension: .jpg, mime: image/jpeg}, {extension: .m4a, mime: audio/m4a}", {"jpeg", "mp4"}),
        ("'text/csv; charset=utf-8', application/dicom, heif", {"text", "dicom", "heic"}),
    ],
)
def test_allowed_types_are_named_by_kind_extension_or_media_type(
    load: Callable[..., Config], written: str, kinds: set[str]
) -> None:
    assert load(GOOD + f"uploads: {{allowed_types: [{written}]}}\n").uploads.allowed_types == kinds


def test_addresses_of_web_servers_are_kept_as_the_wire_shows_them(load: Callable[..., Config]) -> None:
    assert load(GOOD).server.web_servers == {"127.0.0.1", "::1"}
    assert load(GOOD + 'server: {web_servers: ["0:0::1", 10.0.0.5]}\n').server.web_servers == {"::1", "10.0.0.5"}


def test_the_doors_to_the_chart_are_open_to_everyone_whom_it_lets_in_unless_the_config_says_otherwise(
    load: Callable[..., Config],
) -> None:
    assert (load(GOOD).charting, load(GOOD).staff) == (ShapedDoorSettings(), StaffSettings())
    assert load(GOOD + "staff: {allow: []}\n").staff == StaffSettings(frozenset())
    config = load(
        GOOD + "staff: {allow: [maria, 0123], admins: [jose]}\n"
        "charting: {resources: [image, login], default_practice: a, refuse_everyone: false, repeats_once: false,"
        " refuse_wrong_numbers: false, fit_pictures: false}\n"
    )
    assert config.staff == StaffSettings(frozenset({"maria", "0123"}), frozenset({"jose"}))
    assert config.charting == ShapedDoorSettings(frozenset({"image", "login"}), "a", False, False, False, False)


def test_a_password_written_where_its_file_is_named_is_not_told(
    problems_of: Callable[..., tuple[Problem, ...]],
) -> None:
    for setting in ("password_file", "password_env", "token_file", "token_env", "password", "token"):
        problems = problems_of(GOOD.replace("username: bridge, password_file: pw", f"{setting}: {PASSWORD}"))
        assert {problem.line for problem in problems} == {1}


def test_a_notice_may_have_the_message_in_its_address_and_practices_of_its_own(load: Callable[..., Config]) -> None:
    notice = 'notices: [{on: [held], practices: [a], url: "https://x.org/n?k=1&t=[MESSAGE]"}]\n'
    (loaded,) = load(GOOD + notice).notices
    assert loaded.practices == ("a",)
    assert loaded.url == "https://x.org/n?k=1&t=[MESSAGE]"


def test_a_mapping_file_that_is_gone_is_no_fault_of_the_config_while_a_good_version_is_kept(
    load: Callable[..., Config], folder: Path
) -> None:
    (folder / "m.yaml").unlink()
    with pytest.raises(InputProblemsError, match=r"m\.yaml does not exist"):
        load(GOOD)
    kept = kept_mapping(folder / "data", "a")
    kept.parent.mkdir(parents=True)
    kept.write_text("version: 1\n")
    assert load(GOOD).practices[0].mapping == folder.resolve() / "m.yaml"


def test_the_config_itself_missing_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputProblemsError) as refused:
        load_config(tmp_path / "config.yaml")
    assert str(refused.value) == (
        f"{tmp_path / 'config.yaml'}: does not exist; check the path, or make it with `tscharts-bridge init`"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        "hello\n",
        "chart: [}\n",
        "chart:\n\turl: x\n",
        "a: " + "[" * 1000,
        "practices:\n- - - a\n",
        "5: 6\n",
    ],
)
def test_what_is_no_config_at_all_is_told_in_sentences(
    problems_of: Callable[..., tuple[Problem, ...]], text: str
) -> None:
    for problem in problems_of(text):
        assert "\n" not in str(problem)
        assert "Error" not in problem.message


@pytest.mark.parametrize(
    ("addresses", "said"),
    [
        ("[ftp://proxy/read/uPSE4UWHmJ8XqFUqvf]", "must be a web address"),
        ("[https://proxy.example.org/photos]", "must end in /read/ and the guid"),
        ("[https://proxy.example.org/fotos-ñ/read/uPSE4UWHmJ8XqFUqvf]", "must end in /read/ and the guid"),
        ("[https://p.org/read/uPSE4UWHmJ8XqFUqvf, https://p.org/read/uPSE4UWHmJ8XqFUqvf]", "is read already"),
    ],
)
def test_an_address_that_no_proxy_can_have_is_refused_where_it_stands(
    tmp_path: Path, addresses: str, said: str
) -> None:
    file = make_config(tmp_path, "http://127.0.0.1:9").file
    file.write_text(file.read_text().replace(f"guid: {GUID},", f"guid: {GUID}, read_from: {addresses},"))
    with pytest.raises(InputProblemsError, match=said) as refused:
        load_config(file)
    assert refused.value.problems[0].field.startswith("practices[0].read_from[")
