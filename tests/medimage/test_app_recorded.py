"""The player of the app does what the real app did: the recorded conversations, played against their own answers."""

import pytest
from browser_app import BrowserApp, Server
from recorded_app import Conversation, RecordedServer, recorded_conversations, typed_as

from ports import free_port

RECORDED = recorded_conversations()
ELSEWHERE = {
    "pair_nomatch": "speaks with the pairing service alone",
    "pair_unreach": "speaks with the pairing service alone",
    "pair_ok": "the preflight after the pairing stands not in the recording",
    "scan_none": "asks 255 addresses of a network, and this server not at all",
    "scan_nolan": "asks no server",
}
"""Recordings that are not played, and why."""

PLAYED = [each for name, each in RECORDED.items() if name not in ELSEWHERE]
TYPED = "#moles John123"
GUIDS = {"seed001_pcmode_remote": "ZY6hytadcr9pRnhqyB"}
GUID = "uPSE4UWHmJ8XqFUqvf"
WITH_JSON = {"post_200_jsonbad", "post_206_badjson", "post_206_real", "oversize_real", "wifi_206", "wifi_ok"}
PATIENCE_SECONDS = 1.0


def servers_of(conversation: Conversation, port: int) -> list[Server]:
    """The servers that the phone was connected to."""
    scenario = conversation.scenario
    guid = GUIDS.get(scenario, GUID)
    if scenario == "both_wifi_dead":
        return [Server(free_port(), is_wifi=True), Server(port, guid)]
    if scenario.startswith(("wifi", "manual", "scan")):
        has_guid = bool(conversation.posted) and conversation.posted[0].startswith(f"#{guid}")
        return [Server(port, guid if has_guid else None, is_wifi=True)]
    return [Server(port, guid)]


def photos_of(conversation: Conversation) -> list[tuple[float, str, str]]:
    """When each photo was taken, what was typed, and the time in its name."""
    guid = GUIDS.get(conversation.scenario, GUID)
    stored = [name for _, _, name in (conversation.final or {}).get("stored", [])]
    posted = conversation.posted
    unsent = [name for name in stored if name.replace('"', "%22") not in posted]
    named = [typed_as(name, guid, with_hash=puts_hash(conversation)) for name in unsent + posted]
    roots = [step.at for step in conversation.steps if step.request == "GET /"]
    times = [_taken_at(conversation, name) for name in posted]
    first = 0.03 if conversation.scenario == "both_wifi_dead" else roots[-1] if _looks_first(conversation) else roots[0]
    taken = [first, *times[1:]] if not unsent else [first, *times]
    return [(at, *words) for at, words in zip(taken, named or [(TYPED, "21-Nov-2026-07-00-00")], strict=True)]


def _taken_at(conversation: Conversation, name: str) -> float:
    """A photo begins with the last look for the server before it is sent."""
    sent = conversation.requests.index(f"POST {name}")
    return max(step.at for step in conversation.steps[:sent] if step.request == "GET /")


def _looks_first(conversation: Conversation) -> bool:
    return conversation.scenario.startswith(("manual", "scan"))


def puts_hash(conversation: Conversation) -> bool:
    """Whether the app was set to put a `#` before what is typed."""
    return conversation.scenario != "id_empty_nohash"


def play(conversation: Conversation, app: BrowserApp) -> None:
    """Take the photos and reopen the app when the recording did, up to its end."""
    if _looks_first(conversation):
        app.look_for_server()
    doings = [(at, lambda words=words: app.take(words[0], b"x", words[1])) for at, *words in photos_of(conversation)]
    doings += [(at, app.reopen) for at in conversation.reopened]
    for at, do in sorted(doings, key=lambda doing: doing[0]):
        app.run_until(at)
        app.now = max(app.now, at)
        do()
    app.run_until(conversation.end - slowness(conversation))


def slowness(conversation: Conversation) -> float:
    """How long the phone itself took to prepare a photo of 8 MB, which the player does in no time."""
    times = [step.at for step in conversation.steps]
    return times[2] - times[0] if conversation.scenario == "big_jpeg" else 0.0


@pytest.mark.parametrize("conversation", PLAYED, ids=lambda each: each.scenario)
def test_the_player_asks_and_ends_as_the_real_app_did(conversation: Conversation) -> None:
    scenario = conversation.scenario
    without_cors = scenario.split("_")[0] if scenario.endswith("nocors") else None
    with (
        RecordedServer(conversation, json_posts=scenario in WITH_JSON, without_cors=without_cors) as server,
        BrowserApp(servers_of(conversation, server.port), 0.0, PATIENCE_SECONDS, puts_hash(conversation)) as app,
    ):
        play(conversation, app)
    assert server.requests == conversation.requests
    assert len(app.transferred) == sum("transferred. Success!" in said for said in conversation.said)
    if conversation.final is None:
        assert [copy.is_stuck for copy in app.copies] == [True]
        return
    kept = [[copy.number, "onserver" if copy.is_on_server else "send", copy.name] for copy in app.copies]
    assert kept == conversation.final["stored"]
    assert sum(copy.is_on_server for copy in app.copies) == conversation.final["check"]
    assert sum(copy.was_sent and not copy.is_on_server for copy in app.copies) == conversation.final["retry"]


def test_nearly_all_recordings_are_played() -> None:
    assert (len(RECORDED), len(PLAYED), len(ELSEWHERE)) == (67, 62, 5)
