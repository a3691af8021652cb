"""Several bridges on one machine, as processes of their own: side by side, and in each other's way."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.config import load_config
from bridge.sandbox import SandboxServer
from bridge.settings import Config
from bridge_runner import GUID, OTHER_GUID, make_config
from cli.cli_runs import STOP_SIGNALS, finish, run, started
from phone import ask, check, picture, post_photo, wait_until

IN_USE = (
    "Another bridge already runs on the data folder {}; stop it first, or give this one its own `data_folder` "
    "in its config."
)
LONGEST_START_SECONDS = 30


@pytest.fixture
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


def config_in(folder: Path, chart: SandboxServer) -> Config:
    """A config in a folder of its own, with a port and a data folder of its own."""
    folder.mkdir()
    return make_config(folder, chart.url)


def with_setting(config: Config, pattern: str, setting: str, name: str) -> Config:
    """The same config but for one setting, as another file beside it."""
    file = config.file.with_name(name)
    text, changes = re.subn(pattern, lambda _: setting, config.file.read_text("utf-8"))
    assert changes == 1
    file.write_text(text, "utf-8")
    return load_config(file)


def await_answers(config: Config, process: subprocess.Popen[str]) -> None:
    """Wait until a started bridge serves."""
    wait_until(lambda: process.poll() is not None or answers(config), LONGEST_START_SECONDS)
    assert process.poll() is None, finish(process)


def answers(config: Config) -> bool:
    """Whether something serves at the config's port."""
    try:
        return ask(config.server.port, "GET", "/").status == 200
    except OSError:
        return False


def assert_files(config: Config, chart: SandboxServer, patient: int, guid: str = GUID) -> None:
    """A bridge takes a photo and files it, once."""
    name = f"#{guid}-#{patient}-xray-21-Nov-2026-10-11-12.jpg"
    assert post_photo(config.server.port, name, picture(patient)).status == 200
    wait_until(lambda: check(config.server.port, name).body == b"false", 20)
    assert len(chart.images(patient)) == 1


def ends_with_one_sentence(config: Config) -> str:
    """What `serve` says when it does not start."""
    ended = run("--config", config.file, "serve")
    assert (ended.code, ended.out, len(ended.errors)) == (1, "", 1)
    assert ended.err.count("\n") == 1
    return ended.errors[0]


def test_two_bridges_with_their_own_config_port_and_folder_serve_and_deliver_at_once(
    tmp_path: Path, chart: SandboxServer
) -> None:
    configs = [config_in(tmp_path / name, chart) for name in ("morning", "evening")]
    with (
        SandboxServer() as other_chart,
        started("--config", configs[0].file, "serve") as first,
        started(
            "--config", with_setting(configs[1], re.escape(chart.url), other_chart.url, "x.yaml").file, "serve"
        ) as second,
    ):
        for config, process in zip(configs, (first, second), strict=True):
            await_answers(config, process)
        names = [f"#{GUID}-#{patient}-xray-21-Nov-2026-10-11-12.jpg" for patient in range(1, 7)]
        for name in names:
            for config in configs:
                assert post_photo(config.server.port, name, picture(config.server.port)).status == 200
        for config in configs:
            wait_until(lambda c=config: all(check(c.server.port, name).body == b"false" for name in names), 20)
        for each in (chart, other_chart):
            assert sorted(image.patient for image in each.images()) == [1, 2, 3, 4, 5, 6]
        assert {image.data for image in chart.images()}.isdisjoint(image.data for image in other_chart.images())
        for process in (first, second):
            process.send_signal(STOP_SIGNALS[0])
            assert finish(process).code == 0


def test_one_machine_and_two_bridges_may_share_a_chart(tmp_path: Path, chart: SandboxServer) -> None:
    configs = [config_in(tmp_path / name, chart) for name in ("morning", "evening")]
    with (
        started("--config", configs[0].file, "serve") as first,
        started("--config", configs[1].file, "serve") as second,
    ):
        for patient, (config, process) in enumerate(zip(configs, (first, second), strict=True), start=1):
            await_answers(config, process)
            assert_files(config, chart, patient)
        first.kill()
        finish(first)
        assert_files(configs[1], chart, 5)


def test_a_second_bridge_on_a_data_folder_does_not_start_and_the_first_goes_on(
    tmp_path: Path, chart: SandboxServer
) -> None:
    config = config_in(tmp_path / "clinic", chart)
    port = config_in(tmp_path / "other", chart).server.port
    second = with_setting(config, r"port: \d+", f"port: {port}", "second.yaml")
    with started("--config", config.file, "serve") as first:
        await_answers(config, first)
        assert ends_with_one_sentence(second) == IN_USE.format(config.data_folder)
        assert ends_with_one_sentence(config) == IN_USE.format(config.data_folder)
        assert not answers(second)
        assert_files(config, chart, 1)
        assert first.poll() is None


def test_a_second_bridge_on_a_port_does_not_start_and_the_first_goes_on(tmp_path: Path, chart: SandboxServer) -> None:
    config = config_in(tmp_path / "clinic", chart)
    second = with_setting(config, "data_folder: data", "data_folder: elsewhere", "second.yaml")
    port = config.server.port
    with started("--config", config.file, "serve") as first:
        await_answers(config, first)
        sentence = ends_with_one_sentence(second)
        assert sentence.startswith(f"The bridge cannot listen on 127.0.0.1 port {port} (")
        assert sentence.endswith("another program may use it: choose another `server.port` in the config.")
        assert_files(config, chart, 1)
    with started("--config", second.file, "serve") as process:
        await_answers(second, process)
        assert_files(second, chart, 2, OTHER_GUID)


@pytest.mark.parametrize("is_killed", [False, True], ids=["stopped", "killed"])
def test_a_data_folder_is_free_as_soon_as_its_bridge_has_ended(
    tmp_path: Path, chart: SandboxServer, is_killed: bool
) -> None:
    config = config_in(tmp_path / "clinic", chart)
    port = config_in(tmp_path / "other", chart).server.port
    second = with_setting(config, r"port: \d+", f"port: {port}", "second.yaml")
    with started("--config", config.file, "serve") as first:
        await_answers(config, first)
        assert_files(config, chart, 1)
        first.kill() if is_killed else first.send_signal(STOP_SIGNALS[0])
        assert (finish(first).code == 0) is not is_killed
    for config_now, patient in ((second, 2), (config, 3)):
        with started("--config", config_now.file, "serve") as process:
            await_answers(config_now, process)
            name = f"#{GUID}-#1-xray-21-Nov-2026-10-11-12.jpg"
            assert check(config_now.server.port, name).body == b"false"
            assert_files(config_now, chart, patient)
