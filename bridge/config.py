"""config.yaml: one file, one schema, frozen dataclasses out.

`load_config` raises InputProblemsError with one sentence for each thing to mend: file, line, field, next step.
Paths in the file are relative to the file's own folder. Secrets come from files (`*_file`) or from the environment
(`*_env`), never from the file itself.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from marshmallow import Schema, fields, validate

from bridge.errors import InputProblemsError, Problem
from bridge.secret import Secret
from bridge.settings import (
    ALLOWED_TYPE_NAMES,
    ChartSettings,
    Config,
    DeliverySettings,
    PracticeSettings,
    ReadBack,
    ServerSettings,
    UploadSettings,
)
from bridge.tags import GUID_PATTERN
from bridge.yamlfile import Document, KeyPath, load_document, read_yaml

_MIB = 1024 * 1024


def _whole(low: int, high: int, **options: Any) -> fields.Integer:
    return fields.Integer(validate=validate.Range(low, high, error=f"must be from {low} to {high}"), **options)


def _seconds(low: float, high: float, **options: Any) -> fields.Float:
    return fields.Float(validate=validate.Range(low, high, error=f"must be from {low:g} to {high:g}"), **options)


def _one_of(*choices: str, **options: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(choices, error="must be one of: " + ", ".join(choices)), **options)


class _ServerSchema(Schema):
    host = fields.String(load_default="0.0.0.0")
    port = _whole(1, 65535, load_default=5566)
    threads = _whole(4, 2000, load_default=320)
    stalled_seconds = _whole(5, 600, load_default=30)


class _UploadSchema(Schema):
    allow_unpaired = fields.Boolean(load_default=False)
    unpaired_practice = fields.String(load_default=None)
    max_upload_bytes = _whole(1024, 1024 * _MIB, load_default=32 * _MIB)
    max_pixels = _whole(1_000_000, 1_000_000_000, load_default=100_000_000)
    allowed_types = fields.List(_one_of(*ALLOWED_TYPE_NAMES), load_default=list(ALLOWED_TYPE_NAMES[:11]))


class _DeliverySchema(Schema):
    workers = _whole(1, 64, load_default=4)
    read_back = _one_of(*ReadBack, load_default=ReadBack.ALWAYS)
    sample_every = _whole(2, 1000, load_default=20)
    retry_first_seconds = _seconds(0.1, 3600, load_default=5)
    retry_longest_seconds = _seconds(1, 86400, load_default=300)
    hold_after_days = _seconds(0.001, 365, load_default=14)


class _ChartSchema(Schema):
    url = fields.String(required=True)
    username = fields.String(load_default=None)
    password_file = fields.String(load_default=None)
    password_env = fields.String(load_default=None)
    token_file = fields.String(load_default=None)
    token_env = fields.String(load_default=None)
    verify_tls = fields.Boolean(load_default=True)
    ca_file = fields.String(load_default=None)
    connect_timeout_seconds = _seconds(1, 120, load_default=10)
    read_timeout_seconds = _seconds(5, 900, load_default=150)
    body_limit_bytes = _whole(100_000, 1024 * _MIB, load_default=2_621_440)


class _PracticeSchema(Schema):
    name = fields.String(
        required=True,
        validate=validate.Regexp(
            r"[a-z0-9][a-z0-9-]{0,39}\Z", error="must be lower-case letters, digits and hyphens, at most 40"
        ),
    )
    guid = fields.String(
        load_default=None,
        validate=validate.Regexp(
            rf"{GUID_PATTERN.pattern}\Z", error="must be 16 to 20 letters or digits, as in the phones' pairing address"
        ),
    )
    mapping = fields.String(required=True)
    time_zone = fields.String(required=True)
    chart = fields.Nested(_ChartSchema, load_default=None)


class ConfigSchema(Schema):
    """The shape of config.yaml; config.example.yaml documents every setting."""

    data_folder = fields.String(load_default="data")
    log_level = _one_of("debug", "info", "warning", "error", load_default="info")
    log_file = fields.String(load_default=None)
    server = fields.Nested(_ServerSchema, load_default=lambda: _ServerSchema().load({}))
    uploads = fields.Nested(_UploadSchema, load_default=lambda: _UploadSchema().load({}))
    delivery = fields.Nested(_DeliverySchema, load_default=lambda: _DeliverySchema().load({}))
    chart = fields.Nested(_ChartSchema, load_default=None)
    practices = fields.List(
        fields.Nested(_PracticeSchema),
        required=True,
        validate=validate.Length(min=1, error="must name at least one practice"),
    )


def load_config(file: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read and check a config file. Raises InputProblemsError with every problem found."""
    document = read_yaml(file)
    values = load_document(document, ConfigSchema())
    return _Builder(document, environ).config(values)


@dataclass
class _Builder:
    """Turns checked values into dataclasses, and collects what a schema cannot see: files, secrets, repeats."""

    document: Document
    environ: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)

    def config(self, values: dict[str, Any]) -> Config:
        practices = tuple(self._practice(each, values, i) for i, each in enumerate(values["practices"]))
        self._refuse_repeats(practices)
        uploads = self._uploads(values["uploads"], practices)
        delivery = DeliverySettings(**values["delivery"] | {"read_back": ReadBack(values["delivery"]["read_back"])})
        if delivery.retry_longest_seconds < delivery.retry_first_seconds:
            self._problem(("delivery", "retry_longest_seconds"), "must not be less than retry_first_seconds")
        config = Config(
            file=self.document.file,
            data_folder=self._path(values["data_folder"]),
            log_level=values["log_level"],
            log_file=self._path(values["log_file"]) if values["log_file"] else None,
            server=ServerSettings(**values["server"]),
            uploads=uploads,
            delivery=delivery,
            practices=practices,
        )
        if self.problems:
            raise InputProblemsError(tuple(sorted(self.problems, key=lambda p: p.line or 0)))
        return config

    def _practice(self, values: dict[str, Any], whole: dict[str, Any], index: int) -> PracticeSettings:
        here: KeyPath = ("practices", index)
        chart_path: KeyPath = (*here, "chart") if values["chart"] else ("chart",)
        chart_values = values["chart"] or whole["chart"]
        if chart_values is None:
            self._problem(here, "has no chart server; add a `chart:` here or at the top of the file")
            chart_values = {"url": "http://missing.invalid", **_ChartSchema(partial=True).load({})}
        return PracticeSettings(
            name=values["name"],
            guid=values["guid"],
            mapping=self._existing(values["mapping"], (*here, "mapping"), "mapping file"),
            time_zone=self._zone(values["time_zone"], (*here, "time_zone")),
            chart=self._chart(chart_values, chart_path),
        )

    def _chart(self, values: dict[str, Any], path: KeyPath) -> ChartSettings:
        self._check_url(values["url"], (*path, "url"))
        password = self._secret(values, "password", path)
        token = self._secret(values, "token", path)
        has_login = values["username"] is not None and password is not None
        if token is None and not has_login and not self.problems:
            self._problem(path, "needs an account: `username` with `password_file`, or `token_file`")
        verify: bool | str = values["verify_tls"]
        if values["ca_file"]:
            verify = str(self._existing(values["ca_file"], (*path, "ca_file"), "certificate file"))
        return ChartSettings(
            url=values["url"].rstrip("/"),
            username=values["username"],
            password=password,
            token=token,
            verify_tls=verify,
            connect_timeout_seconds=values["connect_timeout_seconds"],
            read_timeout_seconds=values["read_timeout_seconds"],
            body_limit_bytes=values["body_limit_bytes"],
        )

    def _uploads(self, values: dict[str, Any], practices: tuple[PracticeSettings, ...]) -> UploadSettings:
        chosen = values["unpaired_practice"]
        here: KeyPath = ("uploads", "unpaired_practice")
        if chosen is not None and chosen not in {practice.name for practice in practices}:
            self._problem(here, f"`{chosen}` is not a practice of this file; use a `name` from `practices:`")
        if chosen is None and values["allow_unpaired"]:
            chosen = practices[0].name
            if len(practices) > 1:
                self._problem(here, "is missing; with several practices, say which one gets photos without a guid")
        return UploadSettings(
            **values | {"unpaired_practice": chosen, "allowed_types": frozenset(values["allowed_types"])}
        )

    def _secret(self, values: dict[str, Any], name: str, path: KeyPath) -> Secret | None:
        file, variable = values[f"{name}_file"], values[f"{name}_env"]
        if file and variable:
            self._problem((*path, f"{name}_env"), f"is given beside `{name}_file`; keep one of the two")
            return None
        if file:
            return self._secret_from_file(self._path(file), (*path, f"{name}_file"))
        if variable:
            return self._secret_from_environment(variable, (*path, f"{name}_env"))
        return None

    def _secret_from_file(self, file: Path, path: KeyPath) -> Secret | None:
        try:
            text = file.read_text("utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            self._problem(path, f"the secret file {file} cannot be read ({reason}); check the path and permissions")
            return None
        if not text:
            self._problem(path, f"the secret file {file} is empty; write the secret into it")
            return None
        return Secret(text)

    def _secret_from_environment(self, variable: str, path: KeyPath) -> Secret | None:
        value = self.environ.get(variable)
        if not value:
            self._problem(path, f"the environment variable {variable} is not set; set it before starting the bridge")
            return None
        return Secret(value)

    def _check_url(self, url: str, path: KeyPath) -> None:
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            usable, parts = False, urlsplit("")
        if not usable:
            self._problem(path, "must be a web address such as https://charts.example.org")
        elif parts.username or parts.password or parts.query or parts.fragment:
            self._problem(path, "must be the server's address alone, without user, password, ? or #")

    def _zone(self, name: str, path: KeyPath) -> ZoneInfo:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            self._problem(path, "is not a time zone; use a name such as America/Tijuana or America/Los_Angeles")
            return ZoneInfo("UTC")

    def _existing(self, text: str, path: KeyPath, what: str) -> Path:
        file = self._path(text)
        if not file.is_file():
            self._problem(path, f"the {what} {file} does not exist; check the path (it is relative to this file)")
        return file

    def _refuse_repeats(self, practices: tuple[PracticeSettings, ...]) -> None:
        for key in ("name", "guid"):
            first: dict[str, int] = {}
            for index, practice in enumerate(practices):
                value = getattr(practice, key)
                if value in first:
                    line, _ = self.document.place(("practices", first[value], key))
                    self._problem(
                        ("practices", index, key), f"is the same as on line {line}; give each practice its own"
                    )
                elif value is not None:
                    first[value] = index

    def _path(self, text: str) -> Path:
        return (self.document.file.parent / Path(text).expanduser()).resolve()

    def _problem(self, path: KeyPath, message: str) -> None:
        self.problems.append(self.document.problem(path, message))
