"""config.yaml: one file, one schema, frozen dataclasses out.

`load_config` raises InputProblemsError with one sentence for each thing to mend: file, line, field, next step.
Paths in the file are relative to the file's own folder. Secrets come from files (`*_file`) or from the environment
(`*_env`), never from the file itself.
"""

import contextlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from marshmallow import Schema, fields, missing

from bridge.config_schema import ConfigSchema
from bridge.errors import InputProblemsError, Problem
from bridge.secret import Secret
from bridge.settings import (
    ChartSettings,
    Config,
    DeliverySettings,
    PracticeSettings,
    ReadBack,
    ServerSettings,
    UploadSettings,
)
from bridge.yamlfile import Document, KeyPath, check_document, in_order, read_leniently

_SECRET_BYTES = 4096


def load_config(file: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read and check a config file. Raises InputProblemsError with every problem found."""
    document, problems = read_leniently(file)
    values, refused = check_document(document, ConfigSchema())
    known = {(problem.line, problem.field) for problem in problems}
    problems += [problem for problem in refused if (problem.line, problem.field) not in known]
    config = _Builder(document, environ, problems).config(_completed(ConfigSchema(), values))
    if problems:
        raise InputProblemsError(in_order(problems))
    return config


def _completed(schema: Schema, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a schema took, with a stand-in for each value that it refused, so that the rest can be looked at too."""
    return {name: _or_stand_in(field, values.get(name, missing)) for name, field in schema.fields.items()}


def _or_stand_in(field: fields.Field[Any], value: Any) -> Any:
    if isinstance(field, fields.Nested) and isinstance(value, dict):
        return _completed(field.schema, value)
    if isinstance(field, fields.List) and isinstance(value, list):
        return [_or_stand_in(field.inner, each) for each in value]
    if value is not missing:
        return value
    default = None if field.load_default is missing else field.load_default
    return default() if callable(default) else default


@dataclass
class _Builder:
    """Turns checked values into dataclasses, and collects what a schema cannot see: files, secrets, repeats.

    A value that the schema refused is None here; what is built then is never used.
    """

    document: Document
    environ: Mapping[str, str]
    problems: list[Problem]

    def config(self, values: dict[str, Any]) -> Config:
        shared = self._chart(values["chart"], ("chart",)) if values["chart"] else None
        written = self.document.data.get("practices")
        indexes = [i for i, each in enumerate(written) if each is not None] if isinstance(written, list) else []
        practices = tuple(
            self._practice(each, shared, index) for index, each in zip(indexes, values["practices"] or [], strict=False)
        )
        self._refuse_repeats(practices, indexes)
        return Config(
            file=self.document.file,
            data_folder=self._folder(values["data_folder"], ("data_folder",)),
            log_level=values["log_level"],
            log_file=self._path(values["log_file"], ("log_file",)) if values["log_file"] else None,
            server=ServerSettings(**values["server"]),
            uploads=self._uploads(values["uploads"], practices),
            delivery=self._delivery(values["delivery"]),
            practices=practices,
        )

    def _practice(self, values: dict[str, Any], shared: ChartSettings | None, index: int) -> PracticeSettings:
        here: KeyPath = ("practices", index)
        chart = self._chart(values["chart"], (*here, "chart")) if values["chart"] else shared
        if chart is None and "chart" not in self._written(here) | self._written(()):
            self._problem(here, "has no chart server; add a `chart:` here or at the top of the file")
        return PracticeSettings(
            name=values["name"],
            guid=values["guid"],
            mapping=self._existing(values["mapping"], (*here, "mapping"), "mapping file"),
            time_zone=self._zone(values["time_zone"], (*here, "time_zone")),
            chart=chart or _NO_CHART,
        )

    def _chart(self, values: dict[str, Any], path: KeyPath) -> ChartSettings:
        self._check_url(values["url"], (*path, "url"))
        self._check_account(values, path)
        return ChartSettings(
            url=(values["url"] or "").rstrip("/"),
            username=values["username"],
            password=self._secret(values, "password", path),
            token=self._token(values, path),
            verify_tls=self._trust(values, path),
            connect_timeout_seconds=values["connect_timeout_seconds"],
            read_timeout_seconds=values["read_timeout_seconds"],
            body_limit_bytes=values["body_limit_bytes"],
        )

    def _check_account(self, values: dict[str, Any], path: KeyPath) -> None:
        """Whether there is one way to sign in. What was refused, or is no setting, may have been meant as one."""
        if any(values.get(key) is None for key in self._written(path) - {"url"}):
            return
        username, password, token = (_given(values, name) for name in ("username", "password", "token"))
        if password and token:
            self._problem((*path, token), f"is given beside `{password}`; keep one of the two")
        elif username and not password and not token:
            self._problem((*path, username), "has no password beside it; add `password_file`, a file that holds it")
        elif password and not username:
            self._problem((*path, password), "has no `username` beside it; add the bridge's user name in the chart")
        elif not password and not token:
            self._problem(path, "needs an account: `username` with `password_file`, or `token_file`")

    def _trust(self, values: dict[str, Any], path: KeyPath) -> bool | str:
        here: KeyPath = (*path, "ca_file")
        if not values["ca_file"]:
            return bool(values["verify_tls"])
        if not values["verify_tls"]:
            self._problem(here, "is of no use beside `verify_tls: false`; remove one of the two")
        return str(self._existing(values["ca_file"], here, "certificate file"))

    def _delivery(self, values: dict[str, Any]) -> DeliverySettings:
        settings = DeliverySettings(**values | {"read_back": ReadBack(values["read_back"])})
        first, longest = settings.retry_first_seconds, settings.retry_longest_seconds
        if longest < first:
            here: KeyPath = ("delivery", "retry_longest_seconds")
            self._problem(here, f"is {longest:g}, less than `retry_first_seconds` ({first:g}); raise it")
        return settings

    def _uploads(self, values: dict[str, Any], practices: tuple[PracticeSettings, ...]) -> UploadSettings:
        chosen = values["unpaired_practice"]
        here: KeyPath = ("uploads", "unpaired_practice")
        names = {practice.name for practice in practices}
        if chosen is not None and chosen not in names | {None} and None not in names:
            self._problem(here, f"`{chosen}` is not a practice of this file; use a `name` from `practices:`")
        if chosen is None and values["allow_unpaired"] and practices:
            chosen = practices[0].name
            if len(practices) > 1:
                self._problem(here, "is missing; with several practices, say which one gets photos without a guid")
        return UploadSettings(
            **values | {"unpaired_practice": chosen, "allowed_types": frozenset(values["allowed_types"])}
        )

    def _token(self, values: dict[str, Any], path: KeyPath) -> Secret | None:
        token = self._secret(values, "token", path)
        if token is not None and not re.fullmatch(r"[!-~]{1,256}", token.reveal()):
            here: KeyPath = (*path, _given(values, "token") or "")
            self._problem(here, "does not hold a chart token, one word of letters and digits; copy the token again")
        return token

    def _secret(self, values: dict[str, Any], name: str, path: KeyPath) -> Secret | None:
        file, variable = values[f"{name}_file"], values[f"{name}_env"]
        if file and variable:
            self._problem((*path, f"{name}_env"), f"is given beside `{name}_file`; keep one of the two")
            return None
        if file:
            return self._secret_from_file(file, (*path, f"{name}_file"))
        if variable:
            return self._secret_from_environment(variable, (*path, f"{name}_env"))
        return None

    def _secret_from_file(self, text: str, path: KeyPath) -> Secret | None:
        """The secret in a file. The file's name is not told: someone may have written the secret itself there."""
        file = self._path(text, path)
        try:
            with file.open("rb") as opened:
                secret = opened.read(_SECRET_BYTES + 1).decode("utf-8-sig").strip("\r\n")
        except UnicodeDecodeError:
            self._problem(path, "names a file that is not UTF-8 text; save it again as UTF-8, the secret alone in it")
            return None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "no file can have this name"
            where = "give the path of a file that holds the secret, relative to this file"
            self._problem(path, f"names a file that cannot be read ({reason}); {where}")
            return None
        return self._plain_secret(secret, path, "names an empty file; write the secret into it")

    def _secret_from_environment(self, variable: str, path: KeyPath) -> Secret | None:
        unset = "names an environment variable that is not set; set it before starting the bridge"
        return self._plain_secret(self.environ.get(variable, ""), path, unset)

    def _plain_secret(self, secret: str, path: KeyPath, empty: str) -> Secret | None:
        if not secret.strip():
            self._problem(path, empty)
            return None
        if len(secret) > _SECRET_BYTES or any(letter < " " for letter in secret):
            self._problem(path, "leads to more than one line of text; leave the secret alone there")
            return None
        return Secret(secret)

    def _check_url(self, url: str | None, path: KeyPath) -> None:
        if url is None:
            return
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").encode("idna")
            usable = parts.scheme in ("http", "https") and bool(host) and parts.port != 0
        except ValueError:
            usable, parts = False, urlsplit("")
        if not usable or re.search(r"[\s\\]", url):
            self._problem(path, "must be a web address such as https://charts.example.org")
        elif parts.username is not None or parts.password is not None or parts.query or parts.fragment:
            self._problem(path, "must be the server's address alone, without user, password, ? or #")

    def _zone(self, name: str | None, path: KeyPath) -> ZoneInfo:
        try:
            return ZoneInfo("UTC" if name is None else name)
        except (KeyError, ValueError, OSError):
            self._problem(path, "is not a time zone; use a name such as America/Tijuana or America/Los_Angeles")
            return ZoneInfo("UTC")

    def _existing(self, text: str | None, path: KeyPath, what: str) -> Path:
        if text is None:
            return Path()
        file = self._path(text, path)
        try:
            trouble = "" if file.is_file() else "is not a file" if file.exists() else "does not exist"
        except OSError as error:
            trouble = f"cannot be read ({error.strerror})"
        if trouble:
            self._problem(path, f"the {what} {file} {trouble}; check the path (it is relative to this file)")
        return file

    def _folder(self, text: str, path: KeyPath) -> Path:
        folder = self._path(text, path)
        with contextlib.suppress(OSError):
            if folder.exists() and not folder.is_dir():
                self._problem(path, f"{folder} is a file; name a folder for the photos")
        return folder

    def _refuse_repeats(self, practices: tuple[PracticeSettings, ...], indexes: list[int]) -> None:
        for key in ("name", "guid"):
            first: dict[str, int] = {}
            for index, practice in zip(indexes, practices, strict=False):
                value = getattr(practice, key)
                if value in first:
                    line, _ = self.document.place(("practices", first[value], key))
                    here: KeyPath = ("practices", index, key)
                    self._problem(here, f"is the same as on line {line}; give each practice its own")
                elif value is not None:
                    first[value] = index

    def _path(self, text: str, path: KeyPath) -> Path:
        try:
            return (self.document.file.parent / Path(text).expanduser()).resolve()
        except (OSError, RuntimeError, ValueError):
            self._problem(path, "is not a path that can be used on this machine; write it out in full")
            return self.document.file.parent

    def _written(self, path: KeyPath) -> set[str]:
        """The settings written at a place, known or not."""
        here = self.document.data
        for part in path:
            here = here[part]
        return set(here) if isinstance(here, dict) else set()

    def _problem(self, path: KeyPath, message: str) -> None:
        self.problems.append(self.document.problem(path, message))


_NO_CHART = ChartSettings("", None, None, None, True, 0, 0, 0)


def _given(values: Mapping[str, Any], name: str) -> str | None:
    """Which setting gives the username, password or token, if any does."""
    return next((key for key in (name, f"{name}_file", f"{name}_env") if values.get(key)), None)
