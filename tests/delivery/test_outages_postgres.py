"""Outages of a database under a running bridge: it undoes transactions, as after deadlocks, or it is away.

What it undoes is tried again by whoever asked: phones send again, workers put back and look in the chart first.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from outage_tools import flows, name_of, outage_config, send, told

from bridge.config import load_config
from bridge.photos import PhotoState
from bridge.sandbox import SandboxServer
from bridge.settings import Config
from bridge_runner import running_bridge
from phone import check, picture, post_photo, wait_until
from postgres_server import PostgresServer

PHOTOS = 12
EVERY = 4
UNDO = """
CREATE SEQUENCE changes;
CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('changes') % {every} = 0 THEN RAISE EXCEPTION 'undone' USING ERRCODE = '{code}'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER undo BEFORE INSERT OR UPDATE ON photos FOR EACH ROW EXECUTE FUNCTION undo();
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of these tests' own."""
    with PostgresServer({"max_connections": "60"}) as started:
        yield started


def with_database(folder: Path, chart_url: str, url: str) -> Config:
    file = outage_config(folder, chart_url).file
    (folder / "database-url").write_text(url)
    file.write_text(f"database: {{url_file: database-url}}\n{file.read_text()}")
    return load_config(file)


@pytest.mark.parametrize("code", ["40P01", "40001"], ids=["deadlock", "serialization failure"])
def test_what_the_database_undoes_is_done_again_and_each_photo_is_in_the_chart_once(
    tmp_path: Path, chart: SandboxServer, server: PostgresServer, code: str
) -> None:
    database = server.new_database()
    config = with_database(tmp_path, chart.url, server.url(database))
    with running_bridge(config) as bridge:
        server.do(UNDO.format(every=EVERY, code=code), database)
        undone = [send_until_stored(bridge.web.port, number) for number in range(PHOTOS)]
        assert sum(undone) > 0
        flows(bridge, PHOTOS, 60)
        for number in range(PHOTOS):
            assert check(bridge.web.port, name_of(number)).body == b"false"
    assert len(chart.images()) == PHOTOS
    assert len({image.data for image in chart.images()}) == PHOTOS


def send_until_stored(port: int, number: int) -> int:
    """Send a photo as phones do, until it is stored; how often it was refused with 206."""
    answers = []
    while answers[-1:] != [200]:
        answers.append(post_photo(port, name_of(number), picture(number)).status)
        assert set(answers) <= {200, 206}
    return len(answers) - 1


def test_a_database_that_goes_away_refuses_photos_and_all_flows_when_it_is_back(
    tmp_path: Path, chart: SandboxServer, server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="bridge")
    config = with_database(tmp_path, chart.url, server.url(server.new_database()))
    with running_bridge(config) as bridge:
        send(bridge, 1)
        flows(bridge, 1)
        server.stop()
        try:
            assert post_photo(bridge.web.port, name_of(2), picture(2)).status == 206
            assert check(bridge.web.port, name_of(1)).status == 500
        finally:
            server.start()
        wait_until(lambda: post_photo(bridge.web.port, name_of(2), picture(2)).status == 200, 30)
        wait_until(lambda: bridge.store.counts()[PhotoState.DELIVERED] == 2, 30)
    assert told(caplog, "chart-away") == 0
    assert len(chart.images()) == 2
