"""Every recorded exchange with a real MedImage server, sent to a running bridge: it is answered alike, or it stands in
the list of what the bridge does otherwise on purpose, by name, with the reason.
"""

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest
from deliberate_conversations import CATCHES, CONVERSATIONS
from deliberate_differences import QUESTIONS, UPLOADS, Difference
from medimage_exchanges import Exchange, recorded
from recorded_conversations import Told
from recorded_replay import (
    Replayed,
    goes_away,
    is_conversation,
    is_reader,
    replay_conversations,
    replay_questions,
    replay_uploads,
)
from test_proxy_reading_recorded import EXPECTED

from bridge.sandbox import SandboxServer

_HERE = Path(__file__).parent
_WORDS = Path(__file__).parent.parent.parent / "docs" / "medimage.md"
_DROPPED = "test_a_client_that_drops_its_upload_leaves_nothing_and_can_send_it_again"

SHOWN_ELSEWHERE = {
    "truncated: content-length larger than sent, client stops sending but keeps the connection open": (
        "test_upload_load.py",
        "test_stalled_uploads_do_not_hold_up_the_others_and_end_without_a_trace",
    ),
    "truncated: client drops the connection in the middle of the file": ("test_upload_wire.py", _DROPPED),
    "truncated: client drops the connection 1 MB into a 2 MB file": ("test_upload_wire.py", _DROPPED),
}
"""Exchanges whose sender has gone: there is no answer to compare. The tests that show what happens instead."""


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory, chart: SandboxServer) -> Replayed:
    return replay_uploads(tmp_path_factory.mktemp("uploads"), chart.url)


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory, chart: SandboxServer) -> Replayed:
    return replay_questions(tmp_path_factory.mktemp("questions"), chart.url)


@pytest.fixture(scope="module")
def conversations(tmp_path_factory: pytest.TempPathFactory, chart: SandboxServer) -> dict[str, tuple[Told, Told]]:
    return replay_conversations(tmp_path_factory.mktemp("conversations"), chart.url)


def assert_alike_or_listed(replayed: Replayed, differences: tuple[Difference, ...]) -> None:
    """The list is exact: it holds what differs, nothing else, and how the bridge answers that."""
    listed = {name: (each.status, each.body) for each in differences for name in each.names}
    differing = {name for name, (exchange, answer) in replayed.items() if not exchange.is_answered_by(answer)}
    assert differing == set(listed)
    for name, (status, body) in listed.items():
        answer = replayed[name][1]
        assert (answer.status, body) == (status, body and answer.body.decode()), name


def test_every_recorded_upload_is_answered_alike_or_stands_in_the_list(uploads: Replayed) -> None:
    assert_alike_or_listed(uploads, UPLOADS)
    for exchange, answer in uploads.values():
        if answer.status >= 300 and answer.body:
            assert answer.body.endswith(b".\n"), exchange.name
            told = [word for word in (b"photo.jpg", b"NHID", b"arm", b"uPSE4") if word in answer.body]
            assert not told, exchange.name


def test_every_other_recorded_request_is_answered_alike_or_stands_in_the_list(questions: Replayed) -> None:
    assert_alike_or_listed(questions, QUESTIONS)


def test_every_recorded_conversation_takes_the_same_course_or_stands_in_the_list(
    conversations: dict[str, tuple[Told, Told]],
) -> None:
    other = {name: course.told for course in CONVERSATIONS for name in course.names}
    assert {name: ours for name, (real, ours) in conversations.items() if ours != real} == other


def test_of_every_recorded_proxy_the_same_photos_are_fetched_or_it_stands_in_the_list() -> None:
    """Of what the bridge fetches, test_proxy_reading_recorded.py says and shows it."""
    real = {name.removeprefix("poller: "): _caught(exchange) for name, exchange in recorded(is_reader).items()}
    ours = {name: (names, hold is None) for name, (names, hold, _trouble) in EXPECTED.items()}
    assert {name for name in real if ours[name] != real[name]} == {name for each in CATCHES for name in each.names}


def _caught(exchange: Exchange) -> tuple[list[str], bool]:
    """The files that the real server kept, as names with tags, and whether all is well: they went on to the backup
    folder, if there was one, and the server still ran.
    """
    paths = [each["path"] for each in exchange.record["stored_as"]]
    where = "photos/" if exchange.name.endswith("no backup folder set") else "backup/"
    went_on = all(path.startswith(where) for path in paths) and "server_process" not in exchange.record
    return [_as_name(path.partition("/")[2]) for path in paths], went_on


def _as_name(path: str) -> str:
    *folders, name = path.split("/")
    return "-".join([*(f"#{folder}" for folder in folders), name])


def test_each_recorded_exchange_is_replayed_once_or_shown_elsewhere() -> None:
    everything = recorded()
    readers = {f"poller: {name}" for name in EXPECTED}
    assert set(recorded(goes_away)) == set(SHOWN_ELSEWHERE)
    assert set(recorded(is_reader)) == readers
    for exchange in everything.values():
        kinds = (exchange.is_upload, is_conversation(exchange), is_reader(exchange))
        assert sum(kinds) <= 1, exchange.name
    assert len(everything) == 393


@pytest.mark.parametrize(("file", "test"), sorted(set(SHOWN_ELSEWHERE.values())))
def test_what_is_shown_elsewhere_is_there(file: str, test: str) -> None:
    tree = ast.parse((_HERE / file).read_text(encoding="utf-8"))
    assert test in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


def test_no_exchange_stands_in_two_lists() -> None:
    names = [name for each in (*UPLOADS, *QUESTIONS, *CONVERSATIONS, *CATCHES) for name in each.names]
    assert len(names) == len(set(names))


def test_every_reason_stands_in_the_document() -> None:
    words = _one_line(_WORDS.read_text(encoding="utf-8").splitlines())
    reasons = {each.why for each in (*UPLOADS, *QUESTIONS, *CONVERSATIONS, *CATCHES)}
    assert [reason for reason in reasons if reason not in words] == []


def _one_line(lines: Iterable[str]) -> str:
    return " ".join(line.strip() for line in lines)
