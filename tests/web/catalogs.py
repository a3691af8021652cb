"""The pages' texts and their translations: `python -m tests.web.catalogs` brings both together and compiles them.

Each page has its own catalog, `bridge/web/locale/LANGUAGE/LC_MESSAGES/PAGE.po`; what belongs to no page is in `base`.
New texts are added there without a translation, texts that are gone are taken out; then each `.po` is compiled to the
`.mo` beside it, which the bridge reads.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

WEB = Path(__file__).parent.parent.parent / "bridge" / "web"
LOCALE = WEB / "locale"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
LANGUAGES = sorted(folder.name for folder in LOCALE.iterdir())
DOORS = "doors"
PAGES = (DOORS, "events", "health", "held", "patient", "phones_lately", "today")
"""Pages with a catalog of their own; and what the charting doors refuse, which pages show as it is."""

BASE = "base"
_KEYWORDS: dict[str, Any] = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
_OPTIONS = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
_WHEN = datetime(2026, 11, 21, tzinfo=UTC)
_HEADER: dict[str, Any] = {
    "header_comment": "# Texts of the image bridge's pages.",
    "project": "image bridge",
    "version": "1",
    "msgid_bugs_address": "none",
    "last_translator": "the project",
    "language_team": "the project",
    "creation_date": _WHEN,
    "revision_date": _WHEN,
}
"""Of every catalog. The time is fixed, so that only texts change a file."""


@dataclass(frozen=True)
class Text:
    """A text that is shown, as it stands in the code: one, or one and several. `place` is `file:line`."""

    message: str | tuple[str, str]
    page: str
    place: str


def texts() -> Iterator[Text]:
    """Every marked text of the templates and the code, and every refusal."""
    for file in (*sorted(WEB.glob("*.py")), *TEMPLATES):
        method = "python" if file.suffix == ".py" else babel_extract
        with file.open("rb") as opened:
            for line, message, _comments, _context in extract(method, opened, _KEYWORDS, options=_OPTIONS):
                yield Text(_plain(message), _page(file), f"{file.name}:{line}")
    yield from refusals()


def refusals() -> Iterator[Text]:
    """The sentences with which the charting doors refuse, where they are constants. A name stands for all that its file
    ever calls so.
    """
    for file in sorted((WEB.parent / "charting").rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        assigned = [
            (ast.unparse(each.targets[0]), each.value) for each in ast.walk(tree) if isinstance(each, ast.Assign)
        ]
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or ast.unparse(call.func) != "RefusedError":
                continue
            for argument in call.args:
                named = [value for name, value in assigned if name == ast.unparse(argument)]
                for said in named or [argument]:
                    if isinstance(said, ast.Constant) and isinstance(said.value, str):
                        yield Text(said.value, DOORS, f"{file.name}:{call.lineno}")


def catalog(file: Path) -> Catalog:
    """A .po file."""
    with file.open("rb") as opened:
        return read_po(opened, locale=file.parent.parent.name, domain=file.stem)


def compiled(translated: Catalog) -> bytes:
    """What a catalog's .mo file holds."""
    written = BytesIO()
    write_mo(written, translated)
    return written.getvalue()


def update(language: str) -> None:
    """Bring a language's catalogs up to date with the texts, and compile them."""
    marked = list(texts())
    of_base = {each.message for each in marked if each.page == BASE}
    for page in (BASE, *PAGES):
        own = {each.message for each in marked if each.page == page and (page == BASE or each.message not in of_base)}
        file = LOCALE / language / "LC_MESSAGES" / f"{page}.po"
        if own or file.exists():
            _write(file, language, own)


def _write(file: Path, language: str, messages: set[Any]) -> None:
    known = catalog(file) if file.exists() else Catalog()
    fresh = Catalog(language, file.stem, fuzzy=False, **_HEADER)
    for message in sorted(messages, key=str):
        before = known.get(message if isinstance(message, str) else message[0])
        fresh.add(message, before.string if before else "")
    with file.open("wb") as opened:
        write_po(opened, fresh, width=110, sort_output=True)
    file.with_suffix(".mo").write_bytes(compiled(catalog(file)))


def _plain(message: Any) -> str | tuple[str, str]:
    if isinstance(message, str):
        return message
    return (message[0], message[1])


def _page(file: Path) -> str:
    return next((page for page in PAGES if file.stem.startswith(page)), BASE)


def main() -> None:
    """Bring all languages up to date, and tell what waits for a translation."""
    for language in LANGUAGES:
        update(language)
        for file in sorted((LOCALE / language).rglob("*.po")):
            waiting = [each for each in catalog(file) if each.id and not all(_strings(each))]
            sys.stdout.write(f"{language} {file.stem}: {len(waiting)} without a translation\n")


def _strings(message: Any) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


if __name__ == "__main__":
    main()
