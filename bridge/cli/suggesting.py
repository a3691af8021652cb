"""`mappings suggest`: what a mapping file could learn from what people assigned by hand."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click

from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import json_option, print_json, print_line
from bridge.cli.past import Moment, practices_sharing, progress, since_option
from bridge.mapping import (
    Aftermath,
    ChartFacts,
    Lessons,
    Mapping,
    Proposal,
    Suggestion,
    find_suggestions,
    photo_occasion,
    propose,
    read_source,
)
from bridge.photos import Store, UploadSpan, all_assigned, all_uploads
from bridge.reaching import chart_account
from bridge.settings import PracticeSettings
from bridge.tags import parse_name
from bridge.tscharts import ChartClient, ChartDirectory, ChartError


@click.command("suggest")
@click.option("--practice", help="The practice whose repairs are meant, when several have different mapping files.")
@since_option("90d")
@json_option
@pass_bridge
def suggest_words(bridge: Context, practice: str | None, since: datetime, as_json: bool) -> None:
    """Propose words for the mapping file that would have caught photos which people assigned by hand.

    What is printed is a patch with its evidence; nothing is changed. Words that went with one patient only, with a
    digit in them, or that are part of the patients' names are never proposed.
    """
    practices = practices_sharing(bridge, practice)
    mapping, raw = read_source(practices[0].mapping)
    with bridge.store() as store, _charts(bridge, practices) as charts:
        span = store.upload_span([each.name for each in practices], since)
        moment = Moment({each.name: each.time_zone for each in practices}, datetime.now(UTC), as_json)
        lessons, repairs = _lessons(store, span, mapping, moment)
        proposal = propose(mapping, raw, find_suggestions(lessons.phrases, charts.facts))
        judged = _judged(store, span, mapping, proposal, moment)
    final = propose(mapping, raw, (*judged, *proposal.left_out))
    told = _Told(mapping, final, span, repairs, charts.sentences)
    if as_json:
        print_json(told.to_json())
    else:
        told.print()


def _lessons(store: Store, span: UploadSpan, mapping: Mapping, moment: Moment) -> tuple[Lessons, int]:
    """What was learned, and from how many repairs."""
    lessons, repairs = Lessons(mapping), 0
    for repair in all_assigned(store, span):
        tags, practice = parse_name(repair.upload.name), repair.upload.practice
        zone = moment.zones[practice]
        lessons.add(repair, tags, photo_occasion(tags, practice, repair.upload.received_at, zone, moment.now))
        repairs += 1
    return lessons, repairs


def _judged(
    store: Store, span: UploadSpan, mapping: Mapping, proposal: Proposal, moment: Moment
) -> tuple[Suggestion, ...]:
    """The suggestions that change nothing they should not, after a look at every upload of the time."""
    aftermath = Aftermath(mapping, proposal, moment.zones, moment.now)
    uploads = all_uploads(store, span) if proposal.made else iter(())
    for upload in uploads if moment.is_quiet else progress(uploads, span.count, "Checking"):
        aftermath.add(upload)
    return aftermath.judged()


@dataclass
class _Charts:
    """What the practices' charts tell, and which of them could not be asked, in sentences."""

    facts: dict[str, ChartFacts]
    sentences: list[str]


@contextlib.contextmanager
def _charts(bridge: Context, practices: list[PracticeSettings]) -> Iterator[_Charts]:
    """The charts, asked for their stations now, and for patients' names while the block runs."""
    charts = _Charts({}, [])
    with contextlib.ExitStack() as closing:
        for practice in practices:
            client = ChartClient(chart_account(practice.chart, bridge.config().web_proxy))
            closing.callback(client.close)
            try:
                charts.facts[practice.name] = _facts(client)
            except ChartError as error:
                charts.facts[practice.name] = ChartFacts()
                charts.sentences.append(_NOT_ASKED.format(practice.name, error))
        yield charts


def _facts(client: ChartClient) -> ChartFacts:
    stations = {station.id: station.name for station in client.stations()}

    def name_of(patient: int) -> str:
        found = client.patient(patient)
        return found.full_name if found else ""

    return ChartFacts(stations, name_of, ChartDirectory(client).patients_by_oldid)


_NOT_ASKED = (
    "The chart of {} could not be asked, so see for yourself that no word is a patient's name; stations and old "
    "numbers are left out: {}"
)
_NONE = "No unread word was assigned to the same thing at least 3 times, for at least 2 patients; nothing to propose."
_LISTS = {
    "type": "the aliases of {}",
    "station": "the aliases of station {}",
    "prefix": "the prefixes of a rule for {}",
}


@dataclass(frozen=True)
class _Told:
    """Suggestions, for people and for programs."""

    mapping: Mapping
    proposal: Proposal
    span: UploadSpan
    repairs: int
    not_asked: list[str]

    def to_json(self) -> dict[str, Any]:
        made = [_suggestion(one, in_patch=True) for one in self.proposal.made]
        return {
            "file": str(self.mapping.file),
            "version": self.mapping.version_hash,
            "since": self.span.since.isoformat(),
            "repairs": self.repairs,
            "charts_not_asked": self.not_asked,
            "suggestions": made + [_suggestion(one, in_patch=False) for one in self.proposal.left_out],
            "patch": self.proposal.patch,
        }

    def print(self) -> None:
        """The patch and its evidence go to stdout, which `patch` can read as it is."""
        for sentence in self.not_asked:
            click.echo(sentence, err=True)
        for one in (*self.proposal.made, *self.proposal.left_out):
            changes = f"; it would change {one.also_changes} filed ones, too" if one.also_changes else ""
            print_line(f"{one.sentence}{changes}")
        for one in self.proposal.left_out:
            place = _LISTS[one.kind].format(one.value)
            print_line(f"Not in the patch: add `{one.word}` to {place} by hand, if the file allows it.")
        if not self.proposal.made and not self.proposal.left_out:
            click.echo(_NONE)
        if self.proposal.made:
            click.echo(f"\n{self.proposal.patch}", nl=False)
            name = self.mapping.file.name
            click.echo(f"To apply it, save it as words.patch and run: patch {name} words.patch", err=True)


def _suggestion(one: Suggestion, *, in_patch: bool) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "word": one.word,
        "value": one.value,
        "shown": one.shown,
        "times": one.times,
        "people": one.people,
        "also_changes": one.also_changes,
        "in_patch": in_patch,
        "sentence": one.sentence,
    }
