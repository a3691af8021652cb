"""`patients find`: who a patient of the chart is, by words of names, a number or a CURP."""

import click

from bridge.charting import FoundPatientsSchema, PatientFinder, PatientObject, RefusedError
from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import WholeNumber, json_option, print_json, print_table
from bridge.cli.own_chart import own_chart, plain_text, practice_option

_HEADINGS = ("number", "name", "born", "sex", "last headshot")
_WRONG_QUESTION = 400


@click.group()
def patients() -> None:
    """Look for patients in the chart."""


@patients.command("find")
@click.argument("text", metavar="TEXT...", nargs=-1, required=True, callback=plain_text)
@click.option("--limit", default=50, show_default=True, type=WholeNumber(1, 100), help="At most so many.")
@practice_option
@json_option
@pass_bridge
def find_patients(bridge: Context, text: str, limit: int, practice: str | None, as_json: bool) -> None:
    """Find patients by words of their names in any order, a number, an old number, or a CURP or a part of one."""
    with own_chart(bridge, practice) as own:
        try:
            found = PatientFinder().find(own.reader, text, limit)
        except RefusedError as refusal:
            if refusal.status == _WRONG_QUESTION:
                raise click.BadParameter(refusal.sentence, param_hint="TEXT") from None
            raise
    if as_json:
        print_json(FoundPatientsSchema().dump(found))
    elif found.patients:
        print_table(_HEADINGS, [_row(patient) for patient in found.patients])
        if not found.is_complete:
            click.echo("There are others; give more of the name.")
    else:
        click.echo(f"The chart has no such patient. {found.hint}" if found.is_complete else found.hint)


def _row(patient: PatientObject) -> tuple[str, ...]:
    born = f"{patient.birth_date}" if patient.birth_date else ""
    headshot = "" if patient.headshot is None else str(patient.headshot)
    return str(patient.id), patient.name, born, patient.sex, headshot
