"""`check`: is everything as it should be?"""

import click

from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import json_option, print_json, print_table
from bridge.findings import Finding, Status
from bridge.health import look

_MARKS = {Status.GOOD: "ok", Status.WARNING: "note", Status.BAD: "BAD"}


@click.command()
@json_option
@pass_bridge
@click.pass_context
def check(context: click.Context, bridge: Context, as_json: bool) -> None:
    """Check the config, mapping files, chart, account, disk and clock; exit code 1 when anything is bad."""
    findings = look(bridge.config())
    if as_json:
        print_json([{"what": f.what, "status": f.status.value, "sentence": f.sentence} for f in findings])
    else:
        print_table(("", "what", "finding"), [_row(finding) for finding in findings])
    if any(finding.status is Status.BAD for finding in findings):
        context.exit(1)


def _row(finding: Finding) -> tuple[str, str, str]:
    return _MARKS[finding.status], finding.what, finding.sentence
