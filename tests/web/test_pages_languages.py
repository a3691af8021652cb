"""The pages' languages: every text stands in all of them, and people read the one they choose."""

import re
from gettext import GNUTranslations
from pathlib import Path

import jinja2
import pytest
from babel.messages.catalog import Message
from catalogs import BASE, LOCALE, TEMPLATES, catalog, texts
from jinja2 import nodes
from page_site import Browser, Site

from bridge.web.languages import LANGUAGES, N_, _, ngettext, speak
from phone import Answer

FILES = sorted(LOCALE.rglob("*.po"))
TRANSLATED = sorted(set(LANGUAGES) - {"en"})
MARKED = list(texts())
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|<[^>]+>|`[^`]*`")
_WORD = re.compile(r"[^\W\d_]{2,}")
_UNMARKED_ATTRIBUTE = re.compile(r"\b(?:alt|title|placeholder|aria-label|content)=\"([^\"]*)\"")
_NO_WORDS = {"width=device-width, initial-scale=1", "light dark", "noindex"}


def strings(message: Message) -> tuple[str, ...]:
    """A message's translations: one, or one for each number."""
    return message.string if isinstance(message.string, tuple) else (message.string,)


def ids(message: Message) -> tuple[str, ...]:
    """A message's own texts."""
    return message.id if isinstance(message.id, tuple) else (message.id,)


def choose(browser: Browser, page: str, **fields: str) -> Answer:
    """Press a switch of a page."""
    return browser.post("/preferences/", {"csrf": browser.csrf(page), **fields})


def known(language: str, page: str) -> set[object]:
    """What a page's catalog and the base say in a language."""
    files = [LOCALE / language / "LC_MESSAGES" / f"{name}.po" for name in (page, BASE)]
    return {each.id for file in files if file.exists() for each in catalog(file) if each.id and all(strings(each))}


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_text_stands_in_one_language_only(language: str) -> None:
    assert len(MARKED) > 80
    said = {page: known(language, page) for page in {each.page for each in MARKED}}
    assert [f"{each.place}: {each.message}" for each in MARKED if each.message not in said[each.page]] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parts[-3]} {file.stem}")
def test_a_catalog_holds_no_text_that_is_gone_or_not_sure(file: Path) -> None:
    shown = {each.message for each in MARKED if each.page == file.stem}
    assert [each.id for each in catalog(file) if each.id and (each.id not in shown or each.fuzzy)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parts[-3]} {file.stem}")
def test_a_translation_has_the_placeholders_tags_and_commands_of_its_text(file: Path) -> None:
    for message in catalog(file):
        for string in strings(message) if message.id else ():
            parts = [sorted(each.group() for each in _PLACEHOLDER.finditer(text)) for text in ids(message)]
            assert sorted(each.group() for each in _PLACEHOLDER.finditer(string)) in parts, message.id


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parts[-3]} {file.stem}")
def test_what_is_compiled_is_what_is_written(file: Path) -> None:
    with file.with_suffix(".mo").open("rb") as opened:
        compiled = GNUTranslations(opened)
    for message in catalog(file):
        if isinstance(message.id, tuple):
            said = tuple(compiled.ngettext(*message.id, count) for count in (1, 2))
            assert said == strings(message)
        elif message.id:
            assert compiled.gettext(message.id) == message.string


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_text_is_said_in_the_same_words_on_every_page(language: str) -> None:
    said: dict[object, dict[tuple[str, ...], str]] = {}
    for file in sorted((LOCALE / language).rglob("*.po")):
        for message in catalog(file):
            if message.id:
                said.setdefault(message.id, {})[strings(message)] = file.stem
    assert {text: found for text, found in said.items() if len(found) > 1} == {}


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_a_template_shows_no_word_that_is_not_marked(file: Path) -> None:
    tree = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(file.read_text("utf-8"))
    plain = "\0".join(each.data for each in tree.find_all(nodes.TemplateData))
    without_code = re.sub(r"<code\b.*?</code>|<!--.*?-->", "", plain, flags=re.DOTALL)
    attributes = [each for each in _UNMARKED_ATTRIBUTE.findall(without_code) if each not in _NO_WORDS]
    assert _WORD.findall(re.sub(r"<[^<>]*>|&\w+;", " ", without_code)) == []
    assert [each for each in attributes if _WORD.search(each) and not each.startswith("#")] == []


def test_texts_with_values_and_numbers_are_said_in_the_language_that_is_spoken() -> None:
    text = N_("line %(line)s")
    one, several = "%(count)s rule passed over", "%(count)s rules passed over"
    speak("es")
    assert _(text, line=3) == "línea 3"
    assert ngettext(one, several, 1, count=1) == "1 regla no aplicada"
    assert ngettext(one, several, 2, count=2) == "2 reglas no aplicadas"
    assert _("a text that nobody translated") == "a text that nobody translated"
    speak("tlh")
    assert _(text, line=3) == "line 3"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("es-MX,es;q=0.9,en;q=0.8", "es"), ("en-US,en;q=0.9,es;q=0.5", "en"), ("de", "en"), ("", "en"), ("*", "en")],
)
def test_the_browser_chooses_the_language(bridge: Site, accepted: str, language: str) -> None:
    page = bridge.browser().get("/sign-in/", Accept_Language=accepted).body.decode()
    assert f'<html lang="{language}"' in page
    assert ("Contraseña" in page) is (language == "es")


def test_a_switch_chooses_the_language_and_comes_back_to_the_same_page(bridge: Site) -> None:
    browser = bridge.member()
    answer = choose(browser, "/phones/", language="es", back="/phones/?practice=clinic-a")
    assert (answer.status, answer.headers["location"]) == (303, "/phones/?practice=clinic-a")
    assert "Conectar teléfonos" in browser.get("/phones/", Accept_Language="en").body.decode()
    assert "<strong>clinic-a</strong>" in browser.get("/phones/").body.decode()


def test_a_switch_chooses_light_or_dark_before_people_sign_in(bridge: Site) -> None:
    browser = bridge.browser()
    for theme in ("dark", "light", "auto"):
        assert choose(browser, "/sign-in/", theme=theme, back="/sign-in/").status == 303
        assert f'data-theme="{theme}"' in browser.get("/sign-in/").body.decode()


@pytest.mark.parametrize("back", ["", "//evil.example/", "/\\evil.example", "https://evil.example/", "/a b", "/a\nb"])
def test_a_switch_leads_nowhere_else(bridge: Site, back: str) -> None:
    answer = choose(bridge.browser(), "/sign-in/", language="es", back=back)
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in/")


@pytest.mark.parametrize("fields", [{"language": "xx"}, {"theme": "<script>"}, {}])
def test_a_choice_that_is_none_changes_nothing(bridge: Site, fields: dict[str, str]) -> None:
    browser = bridge.browser()
    choose(browser, "/sign-in/", back="/sign-in/", **fields)
    assert not {"language", "theme"} & set(browser.cookies)
