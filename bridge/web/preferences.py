"""What each browser chooses for itself: the language, and light or dark. Kept in cookies of their own."""

from typing import Any, cast

from flask import Blueprint, Flask, request
from flask.blueprints import BlueprintSetupState

from bridge.web.languages import DEFAULT, LANGUAGES, speak, spoken, translations

LANGUAGE_COOKIE = "language"
THEME_COOKIE = "theme"
THEMES = ("auto", "light", "dark")
"""`auto` is what the computer prefers."""


def use_preferences(blueprint: Blueprint) -> None:
    """Let the templates speak, and each request in the language of who asks."""

    def set_up(state: BlueprintSetupState) -> None:
        environment: Any = cast(Flask, state.app).jinja_env
        environment.add_extension("jinja2.ext.i18n")
        environment.policies["ext.i18n.trimmed"] = True
        environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)

    blueprint.record_once(set_up)
    blueprint.before_request(speak_as_asked)
    blueprint.context_processor(of_every_template)


def of_every_template() -> dict[str, Any]:
    """What all templates know of how they look."""
    return {"language": spoken(), "theme": theme(), "languages": LANGUAGES}


def theme() -> str:
    """Light or dark, as who asks chose it."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else THEMES[0]


def speak_as_asked() -> None:
    """From here on, the request's texts come in the language of who asks."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    speak(chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES, DEFAULT))


def _gettext(text: str) -> str:
    return translations(spoken()).gettext(text)


def _ngettext(one: str, several: str, count: int) -> str:
    return translations(spoken()).ngettext(one, several, count)
