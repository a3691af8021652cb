"""Sends every recorded exchange to running bridges: a proxy, a PC, and one from which MedImage PC servers pull."""

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

from medimage_exchanges import Exchange, recorded
from recorded_conversations import Told, held_with, told_of
from recorded_states import state_before

from bridge.config import load_config
from bridge.service import Service
from bridge_runner import make_config, running_bridge
from phone import Answer, picture, post_photo

_PC = "allow_unpaired: true, unpaired_practice: clinic-b"
_ALL_TYPES = "allowed_types: [jpeg, png, heic, pdf, mp4, mp3, json, text]"
_OFFERING = "proxy: {serve_downloads: true}"

Replayed = dict[str, tuple[Exchange, Answer]]


def is_conversation(exchange: Exchange) -> bool:
    """Whether several requests were recorded as one exchange, or one that its sender left before the answer's end."""
    told = ("(file)", "(files)", "see results", "(bytes of the new photo)")
    return exchange.record["response"]["body"] in told or exchange.name.startswith("reader disconnects")


def is_reader(exchange: Exchange) -> bool:
    """Whether the recorded server was the one who asked."""
    return exchange.name.startswith("poller: ")


def goes_away(exchange: Exchange) -> bool:
    """Whether its sender stopped in the middle of an upload, and the real server gave no answer."""
    return exchange.name.startswith("truncated") and exchange.status is None


def with_own_guids(exchanges: dict[str, Exchange]) -> dict[str, Exchange]:
    """The exchanges, each with a guid of its own."""
    return {
        name: dataclasses.replace(exchange, guid=f"u{number:017}")
        for number, (name, exchange) in enumerate(exchanges.items())
    }


@contextlib.contextmanager
def offering_bridge(folder: Path, chart_url: str, guids: list[str]) -> Iterator[Service]:
    """A bridge with a practice for each guid, which offers what it receives to MedImage PC servers."""
    make_config(folder, chart_url, uploads=_ALL_TYPES, more=_OFFERING)
    practice = "  - {{name: of-{0}, guid: {0}, mapping: thousand-smiles.yaml, time_zone: America/Los_Angeles}}\n"
    with (folder / "config.yaml").open("a") as file:
        file.writelines(practice.format(guid) for guid in guids)
    with running_bridge(load_config(folder / "config.yaml")) as bridge:
        yield bridge


def replay_uploads(folder: Path, chart_url: str) -> Replayed:
    """What a bridge answers to all that was sent to the photo API."""
    uploads = recorded(lambda each: each.is_upload and not goes_away(each))
    with contextlib.ExitStack() as bridges:
        proxy, pc = (
            bridges.enter_context(running_bridge(make_config(_made(folder / kind), chart_url, uploads=settings)))
            for kind, settings in (("proxy", "allow_unpaired: false"), ("pc", _PC))
        )
        return {name: (each, each.sent_to((pc if each.to_pc else proxy).web.port)) for name, each in uploads.items()}


def replay_questions(folder: Path, chart_url: str) -> Replayed:
    """What a bridge answers to every other single request, with the same photos there as the real server had."""
    asked = with_own_guids(recorded(lambda each: not (each.is_upload or is_conversation(each) or is_reader(each))))
    guids = [each.guid for each in asked.values()]
    answers: Replayed = {}
    with contextlib.ExitStack() as bridges:
        proxy = bridges.enter_context(offering_bridge(_made(folder / "proxy"), chart_url, guids))
        pc = bridges.enter_context(running_bridge(make_config(_made(folder / "pc"), chart_url, uploads=_PC)))
        assert post_photo(pc.web.port, "photo.jpg", picture()).status == 200
        for name, each in asked.items():
            state_before(name).prepare(proxy, each.guid)
            answers[name] = (each, each.sent_to((pc if each.to_pc else proxy).web.port))
    return answers


def replay_conversations(folder: Path, chart_url: str) -> dict[str, tuple[Told, Told]]:
    """What was told of the real server and what is to be told of a bridge, of everything that took several requests."""
    held = with_own_guids(recorded(is_conversation))
    with offering_bridge(folder, chart_url, [each.guid for each in held.values()]) as bridge:
        return {name: (told_of(each), held_with(bridge, each)) for name, each in held.items()}


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
