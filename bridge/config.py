"""config.yaml: one file, one schema, frozen dataclasses out.

`load_config` raises InputProblemsError with one sentence for each thing to mend: file, line, field, next step.
Paths in the file are relative to the file's own folder. Secrets come from files (`*_file`) or from the environment
(`*_env`), never from the file itself.
"""

import contextlib
import ipaddress
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields, missing

from bridge.config_schema import ConfigSchema
from bridge.config_values import Values
from bridge.errors import InputProblemsError, Problem
from bridge.secret import Secret
from bridge.settings import (
    ChartSettings,
    Config,
    CopySettings,
    DeliverySettings,
    DrainOrder,
    NoticeConfig,
    PairingConfig,
    PatientFolder,
    PdfPages,
    PracticeSettings,
    ReadBack,
    ServerSettings,
    TlsFiles,
    UploadSettings,
    kept_mapping,
)
from bridge.tags import GUID_PATTERN
from bridge.yamlfile import Document, KeyPath, check_document, in_order, read_leniently


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


class _Builder(Values):
    """Turns checked values into dataclasses, and collects what a schema cannot see: files, secrets, repeats.

    A value that the schema refused is None here; what is built then is never used.
    """

    def __init__(self, document: Document, environ: Mapping[str, str], problems: list[Problem]) -> None:
        super().__init__(document, environ, problems)
        self._data_folder = Path()
        self._read_addresses: set[str] = set()
        self._api_tokens: set[Secret] = set()

    def config(self, values: dict[str, Any]) -> Config:
        shared = self._chart(values["chart"], ("chart",)) if values["chart"] else None
        self._data_folder = self.folder(values["data_folder"], ("data_folder",))
        written = self.document.data.get("practices")
        indexes = [i for i, each in enumerate(written) if each is not None] if isinstance(written, list) else []
        practices = tuple(
            self._practice(each, shared, index) for index, each in zip(indexes, values["practices"] or [], strict=False)
        )
        self._refuse_repeats(practices, indexes)
        names: set[str | None] = {practice.name for practice in practices}
        return Config(
            file=self.document.file,
            data_folder=self._data_folder,
            log_level=values["log_level"],
            log_file=self.path(values["log_file"], ("log_file",)) if values["log_file"] else None,
            server=self._server(values["server"]),
            uploads=self._uploads(values["uploads"], practices),
            delivery=self._delivery(values["delivery"]),
            practices=practices,
            pairing=self._pairing(values["pairing"]),
            copies=self._copies(values["copies"]),
            serve_downloads=values["proxy"]["serve_downloads"],
            read_ca_file=self._read_ca_file(values["proxy"]["read_ca_file"]),
            pages_locked=values["pages"]["locked"],
            web_proxy=self.web_proxy(values["web_proxy"], ("web_proxy",)),
            notices=tuple(self._notice(each, index, names) for index, each in enumerate(values["notices"] or [])),
            database=self._database(values["database"]) if values["database"] else None,
            staff=self.staff(values["staff"], practices),
            charting=self.charting(values["charting"], names),
        )

    def _database(self, values: dict[str, Any]) -> Secret | None:
        """The database's URL, which holds a password: so it stands in a place of its own, and is never told."""
        url = self.secret(values, "url", ("database",))
        given = _given(values, "url")
        if given is None and not self.written(("database",)):
            self.problem(("database",), "needs `url_file`, a file that holds the database's address")
        elif url is not None and not re.fullmatch(r"postgres(ql)?://[^\s/]*/[^\s/?]+(\?\S*)?", url.reveal()):
            self.problem(("database", given or ""), "must lead to an address as postgresql://USER:PASSWORD@HOST/NAME")
        return url

    def _server(self, values: dict[str, Any]) -> ServerSettings:
        here: KeyPath = ("server", "tls")
        tls = values["tls"]
        files = tls and TlsFiles(
            self.existing(tls["certificate_file"], (*here, "certificate_file"), "certificate file"),
            self.existing(tls["key_file"], (*here, "key_file"), "key file"),
        )
        self.check_url(values["public_url"], ("server", "public_url"))
        servers = frozenset(self._address(text, index) for index, text in enumerate(values["web_servers"] or ()))
        return ServerSettings(**values | {"tls": files, "web_servers": servers})

    def _address(self, text: str, index: int) -> str:
        """A web server's address in the one form in which the wire shows it too."""
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            self.problem(("server", "web_servers", index), "must be an IP address such as 10.0.0.5, without a port")
            return text

    def _read_ca_file(self, text: str | None) -> Path | None:
        return self.existing(text, ("proxy", "read_ca_file"), "certificate file") if text else None

    def _read_from(self, addresses: Sequence[str], path: KeyPath) -> tuple[str, ...]:
        """Addresses on MedImage proxies. Two readers of one address would take each other's photos."""
        for index, address in enumerate(addresses):
            self.check_url(address, (*path, index))
            if not re.fullmatch(rf"[^/]*//[^/]*[!-~]*/read/{GUID_PATTERN.pattern}/?", address):
                self.problem((*path, index), "must end in /read/ and the guid, as https://proxy.example.org/read/GUID")
            if address in self._read_addresses:
                self.problem((*path, index), "is read already; one address is for one practice, once")
            self._read_addresses.add(address)
        return tuple(addresses)

    def _pairing(self, values: dict[str, Any]) -> PairingConfig:
        self.check_url(values["service"], ("pairing", "service"))
        return PairingConfig(**values)

    def _copies(self, values: dict[str, Any]) -> CopySettings:
        folders = tuple(self.folder(text, ("copies", "folders", index)) for index, text in enumerate(values["folders"]))
        return CopySettings(folders, values["find_drives"], PatientFolder(values["patient_folder"]))

    def _notice(self, values: dict[str, Any], index: int, names: set[str | None]) -> NoticeConfig:
        here: KeyPath = ("notices", index)
        self.check_notice(values, here)
        for place, name in enumerate(values["practices"] or ()):
            self.check_name(name, names, (*here, "practices", place))
        return NoticeConfig(
            on=tuple(values["on"] or ()),
            url=values["url"],
            command=tuple(values["command"]),
            secret=self.secret(values, "secret", here),
            with_patient_data=values["with_patient_data"],
            timeout_seconds=values["timeout_seconds"],
            practices=tuple(values["practices"] or ()),
        )

    def _practice(self, values: dict[str, Any], shared: ChartSettings | None, index: int) -> PracticeSettings:
        here: KeyPath = ("practices", index)
        chart = self._chart(values["chart"], (*here, "chart")) if values["chart"] else shared
        if chart is None and "chart" not in self.written(here) | self.written(()):
            self.problem(here, "has no chart server; add a `chart:` here or at the top of the file")
        return PracticeSettings(
            name=values["name"],
            guid=values["guid"],
            mapping=self._mapping(values, (*here, "mapping")),
            time_zone=self.zone(values["time_zone"], (*here, "time_zone")),
            chart=chart or _NO_CHART,
            read_from=self._read_from(values["read_from"] or (), (*here, "read_from")),
            api_token=self._api_token(values, here),
            page_password_hash=values["page_password_hash"],
            keep_days=values["keep_days"],
            keep_discarded_days=values["keep_discarded_days"],
        )

    def _mapping(self, values: dict[str, Any], path: KeyPath) -> Path:
        """The practice's mapping file, which may be gone while the bridge has kept its last good version."""
        with contextlib.suppress(OSError):
            if values["mapping"] and kept_mapping(self._data_folder, values["name"] or "").is_file():
                return self.path(values["mapping"], path)
        return self.existing(values["mapping"], path, "mapping file")

    def _api_token(self, values: dict[str, Any], path: KeyPath) -> Secret | None:
        """A token that nobody guesses, and that says which practice asks."""
        token = self.secret(values, "api_token", path)
        if token is None:
            return None
        here: KeyPath = (*path, _given(values, "api_token") or "")
        if not re.fullmatch(r"[!-~]{32,256}", token.reveal()):
            self.problem(here, "must lead to 32 to 256 letters, digits and signs, made at random, without blanks")
        elif token in self._api_tokens:
            self.problem(here, "leads to another practice's token; give each practice its own")
        self._api_tokens.add(token)
        return token

    def _chart(self, values: dict[str, Any], path: KeyPath) -> ChartSettings:
        self.check_url(values["url"], (*path, "url"))
        self._check_account(values, path)
        return ChartSettings(
            url=(values["url"] or "").rstrip("/"),
            username=values["username"],
            password=self.secret(values, "password", path),
            token=self._token(values, path),
            verify_tls=self._trust(values, path),
            connect_timeout_seconds=values["connect_timeout_seconds"],
            read_timeout_seconds=values["read_timeout_seconds"],
            body_limit_bytes=values["body_limit_bytes"],
        )

    def _check_account(self, values: dict[str, Any], path: KeyPath) -> None:
        """Whether there is one way to sign in. What was refused, or is no setting, may have been meant as one."""
        if any(values.get(key) is None for key in self.written(path) - {"url"}):
            return
        username, password, token = (_given(values, name) for name in ("username", "password", "token"))
        if password and token:
            self.problem((*path, token), f"is given beside `{password}`; keep one of the two")
        elif username and not password and not token:
            self.problem((*path, username), "has no password beside it; add `password_file`, a file that holds it")
        elif password and not username:
            self.problem((*path, password), "has no `username` beside it; add the bridge's user name in the chart")
        elif not password and not token:
            self.problem(path, "needs an account: `username` with `password_file`, or `token_file`")

    def _trust(self, values: dict[str, Any], path: KeyPath) -> bool | str:
        here: KeyPath = (*path, "ca_file")
        if not values["ca_file"]:
            return bool(values["verify_tls"])
        if not values["verify_tls"]:
            self.problem(here, "is of no use beside `verify_tls: false`; remove one of the two")
        return str(self.existing(values["ca_file"], here, "certificate file"))

    def _delivery(self, values: dict[str, Any]) -> DeliverySettings:
        chosen = {"read_back": ReadBack, "pdf_pages": PdfPages, "order": DrainOrder}
        settings = DeliverySettings(**values | {name: kind(values[name]) for name, kind in chosen.items()})
        first, longest = settings.retry_first_seconds, settings.retry_longest_seconds
        if longest < first:
            here: KeyPath = ("delivery", "retry_longest_seconds")
            self.problem(here, f"is {longest:g}, less than `retry_first_seconds` ({first:g}); raise it")
        return settings

    def _uploads(self, values: dict[str, Any], practices: tuple[PracticeSettings, ...]) -> UploadSettings:
        chosen = values["unpaired_practice"]
        here: KeyPath = ("uploads", "unpaired_practice")
        self.check_name(chosen, {practice.name for practice in practices}, here)
        if chosen is None and values["allow_unpaired"] and practices:
            chosen = practices[0].name
            if len(practices) > 1:
                self.problem(here, "is missing; with several practices, say which one gets photos without a guid")
        return UploadSettings(
            **values | {"unpaired_practice": chosen, "allowed_types": frozenset(values["allowed_types"])}
        )

    def _token(self, values: dict[str, Any], path: KeyPath) -> Secret | None:
        token = self.secret(values, "token", path)
        if token is not None and not re.fullmatch(r"[!-~]{1,256}", token.reveal()):
            here: KeyPath = (*path, _given(values, "token") or "")
            self.problem(here, "does not hold a chart token, one word of letters and digits; copy the token again")
        return token

    def _refuse_repeats(self, practices: tuple[PracticeSettings, ...], indexes: list[int]) -> None:
        for key in ("name", "guid"):
            first: dict[str, int] = {}
            for index, practice in zip(indexes, practices, strict=False):
                value = getattr(practice, key)
                if value in first:
                    line, _ = self.document.place(("practices", first[value], key))
                    here: KeyPath = ("practices", index, key)
                    self.problem(here, f"is the same as on line {line}; give each practice its own")
                elif value is not None:
                    first[value] = index


_NO_CHART = ChartSettings("", None, None, None, True, 0, 0, 0)


def _given(values: Mapping[str, Any], name: str) -> str | None:
    """Which setting gives the username, password or token, if any does."""
    return next((key for key in (name, f"{name}_file", f"{name}_env") if values.get(key)), None)
