"""`mappings replay`: what a mapping file would have made of the uploads that the store remembers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import json_option, print_error, print_json, print_line, print_table
from bridge.cli.past import mappings_in_force, practices_sharing, progress, since_option
from bridge.errors import Problem
from bridge.mapping import Cause, Mapping, Replay, ReplayExample, Tally, Verdict, check_examples, load_mapping
from bridge.photos import UploadSpan, all_uploads


@click.command("replay")
@click.argument("file", type=click.Path(path_type=Path))
@since_option("30d")
@click.option("--practice", help="The practice whose uploads are meant, when several have different mapping files.")
@json_option
@pass_bridge
def replay_mapping(bridge: Context, file: Path, since: datetime, practice: str | None, as_json: bool) -> None:
    """Try mapping FILE on the uploads of the past, beside the version in force; nothing is changed.

    Every upload that the store remembers is mapped by both, whatever became of it.
    """
    practices = practices_sharing(bridge, practice)
    new = load_mapping(file)
    problems = check_examples(new)
    in_force = mappings_in_force(bridge, practices)
    replay = Replay(new, in_force, {each.name: each.time_zone for each in practices}, datetime.now(UTC))
    with bridge.store() as store:
        span = store.upload_span(list(in_force), since)
        uploads = all_uploads(store, span)
        for upload in uploads if as_json else progress(uploads, span.count, "Trying"):
            replay.add(upload)
    told = _Told(replay, span, problems)
    if as_json:
        print_json(told.to_json())
    else:
        told.print()


_CAUSES = {
    Cause.NOW_FILED: "held, would be filed",
    Cause.NOW_HELD: "filed, would be held",
    Cause.HELD_OTHERWISE: "held for another reason",
    Cause.PATIENT: "another patient",
    Cause.TYPE: "another type",
    Cause.STATION: "another station",
    Cause.CLINIC: "another clinic",
}
_VERDICTS = {
    Verdict.AGREES: "as the person did",
    Verdict.DIFFERS: "elsewhere",
    Verdict.HELD: "held",
    Verdict.NEEDS_CHART: "only the chart can tell",
}


@dataclass(frozen=True)
class _Told:
    """A replay's result, for people and for programs."""

    replay: Replay
    span: UploadSpan
    problems: list[Problem]

    def to_json(self) -> dict[str, Any]:
        replay = self.replay
        return {
            "file": str(replay.new.file),
            "version": replay.new.version_hash,
            "in_force": [_version(practice, mapping) for practice, mapping in replay.in_force.items()],
            "since": self.span.since.isoformat(),
            "problems": [str(problem) for problem in self.problems],
            "tried": replay.tried,
            "changed": replay.changed,
            "changes": [
                {"cause": cause, "before": before, "after": after} | _counted(tally)
                for (cause, before, after), tally in self._changes()
            ],
            "by_hand": [
                {"verdict": verdict, "in_force": replay.by_hand_before[verdict]} | _counted(self._hand(verdict))
                for verdict in self._verdicts()
            ],
        }

    def print(self) -> None:
        replay = self.replay
        for problem in self.problems:
            print_error(f"A bridge would not take this file as it is: {problem}")
        since = f"{self.span.since:%Y-%m-%d %H:%M} UTC"
        print_line(f"{replay.tried} uploads of {', '.join(replay.in_force)} since {since} were tried:")
        for line in _versions(replay):
            print_line(f"  {line}")
        click.echo("Nothing was changed, and the chart was not asked.")
        self._print_changes()
        if replay.by_hand:
            self._print_by_hand()

    def _print_changes(self) -> None:
        click.echo(f"\n{self.replay.changed or 'None'} of them would go elsewhere.")
        if not self.replay.changes:
            return
        headings = ("count", "what", "in force", "by this file", "in the store now")
        rows = [(cause, before, after, tally) for (cause, before, after), tally in self._changes()]
        print_table(headings, [(str(t.count), _CAUSES[c], b, a, _states(t)) for c, b, a, t in rows])
        for cause, before, after, tally in rows:
            _print_examples(f"{_CAUSES[cause]} ({before} -> {after})", tally.examples)

    def _print_by_hand(self) -> None:
        click.echo("\nUploads that a person assigned stay where they are; of these:")
        headings = ("what", "by this file", "in force")
        counts = [(v, self._hand(v).count, self.replay.by_hand_before[v]) for v in self._verdicts()]
        print_table(headings, [(_VERDICTS[v], str(after), str(before)) for v, after, before in counts])
        for verdict in (Verdict.DIFFERS, Verdict.HELD, Verdict.NEEDS_CHART):
            _print_examples(f"assigned by hand, by this file {_VERDICTS[verdict]}", self._hand(verdict).examples)

    def _changes(self) -> list[tuple[tuple[Cause, str, str], Tally]]:
        """In the order of the causes, and the most frequent first."""
        order = list(Cause)
        return sorted(self.replay.changes.items(), key=lambda row: (order.index(row[0][0]), -row[1].count, row[0]))

    def _verdicts(self) -> Iterator[Verdict]:
        seen = self.replay.by_hand.keys() | self.replay.by_hand_before.keys()
        return (verdict for verdict in Verdict if verdict in seen)

    def _hand(self, verdict: Verdict) -> Tally:
        return self.replay.by_hand.get(verdict) or Tally()


def _versions(replay: Replay) -> Iterator[str]:
    yield f"by {replay.new.file} (version {replay.new.version_hash})"
    for file, version in dict.fromkeys((each.file, each.version_hash) for each in replay.in_force.values()):
        same = ", which is the same" if version == replay.new.version_hash else ""
        yield f"and by {file} (version {version}), in force{same}"
    if replay.new.require:
        asked = ", ".join(sorted(replay.new.require))
        yield f"but not by its `require: [{asked}]`, as only the chart knows that"


def _version(practice: str, mapping: Mapping) -> dict[str, str]:
    return {"practice": practice, "file": str(mapping.file), "version": mapping.version_hash}


def _counted(tally: Tally) -> dict[str, Any]:
    examples = [{"photo": e.photo_id, "name": e.name, "before": e.before, "after": e.after} for e in tally.examples]
    return {"count": tally.count, "states": dict(tally.states), "examples": examples}


def _states(tally: Tally) -> str:
    return ", ".join(f"{count} {state}" for state, count in tally.states.most_common())


def _print_examples(title: str, examples: list[ReplayExample]) -> None:
    if examples:
        click.echo(f"\n{title}, for example:")
    for example in examples:
        print_line(f"  photo {example.photo_id}, {example.name}: {example.before} -> {example.after}")
