"""The pages' languages: English as it stands in the code, others from `locale/`. Knows no web framework.

Texts are marked: `_("...")` where one is shown, `N_("...")` where one is a constant, `{% trans %}` in templates. The
language is set once for each request, in its own context: what runs elsewhere speaks English.
"""

import functools
from contextvars import ContextVar
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

LANGUAGES = {"en": "English", "es": "Español"}
"""What people may choose, each named in itself."""

DEFAULT = "en"
_LOCALE = Path(__file__).parent / "locale"
_language: ContextVar[str] = ContextVar("language", default=DEFAULT)


def speak(language: str) -> None:
    """From here on, in this context, texts come in this language; English for one that is not here."""
    _language.set(language if language in LANGUAGES else DEFAULT)


def spoken() -> str:
    """The language's code: `en`, `es`."""
    return _language.get()


def N_(text: str) -> str:
    """Marks a constant text for translation, and gives it as it is: `_` says it when it is shown."""
    return text


def _(text: str, /, **values: object) -> str:
    """A text in the language that is spoken; where values are given, `%(name)s` stands for them."""
    said = translations(spoken()).gettext(text)
    return said % values if values else said


def ngettext(one: str, several: str, count: int, /, **values: object) -> str:
    """The text for one or for several; `%(num)s` stands for the count, as in templates."""
    return translations(spoken()).ngettext(one, several, count) % {"num": count, **values}


@functools.cache
def translations(language: str) -> NullTranslations:
    """All catalogs of a language as one; each page has its own file."""
    joined = NullTranslations()
    for file in sorted((_LOCALE / language / "LC_MESSAGES").glob("*.mo")):
        with file.open("rb") as opened:
            each = GNUTranslations(opened)
        each.add_fallback(joined)
        joined = each
    return joined
