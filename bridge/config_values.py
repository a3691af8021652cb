"""What a schema cannot check in a config file: secrets, paths, addresses, time zones. Problems are collected."""

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from bridge.errors import Problem
from bridge.secret import Secret
from bridge.settings import NOTICE_MESSAGE, PracticeSettings, ShapedDoorSettings, StaffSettings
from bridge.yamlfile import Document, KeyPath

_SECRET_BYTES = 4096
_AT_WHICH_CHART = (
    "does not say at which chart: the practices have several, and at each anybody may have taken that name; write it as"
    " `{1}/{0}`, with a practice of the chart that is meant"
)


@dataclass
class Values:
    """The values of one document, each looked at with its place in hand."""

    document: Document
    environ: Mapping[str, str]
    problems: list[Problem]

    def secret(self, values: dict[str, Any], name: str, path: KeyPath) -> Secret | None:
        """The secret that `NAME_file` or `NAME_env` leads to, or None when neither is given or one cannot be used."""
        file, variable = values[f"{name}_file"], values[f"{name}_env"]
        if file and variable:
            self.problem((*path, f"{name}_env"), f"is given beside `{name}_file`; keep one of the two")
            return None
        if file:
            return self._secret_from_file(file, (*path, f"{name}_file"))
        if variable:
            return self._secret_from_environment(variable, (*path, f"{name}_env"))
        return None

    def _secret_from_file(self, text: str, path: KeyPath) -> Secret | None:
        """The secret in a file. The file's name is not told: someone may have written the secret itself there."""
        file = self.path(text, path)
        try:
            with file.open("rb") as opened:
                secret = opened.read(_SECRET_BYTES + 1).decode("utf-8-sig").strip("\r\n")
        except UnicodeDecodeError:
            self.problem(path, "names a file that is not UTF-8 text; save it again as UTF-8, the secret alone in it")
            return None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "no file can have this name"
            where = "give the path of a file that holds the secret, relative to this file"
            self.problem(path, f"names a file that cannot be read ({reason}); {where}")
            return None
        return self._plain_secret(secret, path, "names an empty file; write the secret into it")

    def _secret_from_environment(self, variable: str, path: KeyPath) -> Secret | None:
        unset = "names an environment variable that is not set; set it before starting the bridge"
        return self._plain_secret(self.environ.get(variable, ""), path, unset)

    def _plain_secret(self, secret: str, path: KeyPath, empty: str) -> Secret | None:
        if not secret.strip():
            self.problem(path, empty)
            return None
        if len(secret) > _SECRET_BYTES or any(letter < " " for letter in secret):
            self.problem(path, "leads to more than one line of text; leave the secret alone there")
            return None
        return Secret(secret)

    def check_url(self, url: str | None, path: KeyPath) -> None:
        """Say so when a text is no server's address; None was refused already."""
        if url is None:
            return
        parts = web_address(url)
        if parts is None:
            self.problem(path, "must be a web address such as https://charts.example.org")
        elif parts.username is not None or parts.password is not None or parts.query or parts.fragment:
            self.problem(path, "must be the server's address alone, without user, password, ? or #")

    def web_proxy(self, address: str | None, path: KeyPath) -> str | None:
        """The address of a web proxy, if there is one."""
        parts = web_address(address or "http://none")
        if parts is None or parts.scheme != "http" or parts.username is not None:
            self.problem(path, "must be written as http://host:port, without user and password")
        return address

    def check_name(self, name: str | None, names: set[str | None], path: KeyPath) -> None:
        """Say so when a practice is named that is none of these. One that was refused (None) may have been meant."""
        if name not in names | {None} and None not in names:
            self.problem(path, f"`{name}` is not a practice of this file; use a `name` from `practices:`")

    def check_notice(self, values: dict[str, Any], path: KeyPath) -> None:
        """Say so when a receiver of notices has not one way to be told, or none that works with its secret."""
        url, given = values["url"], next((key for key in ("secret_file", "secret_env") if values[key]), None)
        if bool(url) == bool(values["command"]):
            self.problem(path, "needs either `url` or `command`; give one of the two")
        elif url and web_address(url.replace(NOTICE_MESSAGE, "")) is None:
            self.problem((*path, "url"), "must be a web address such as https://example.org/notices")
        elif given and (not url or NOTICE_MESSAGE in url):
            self.problem((*path, given), f"signs JSON that is posted to a `url` without {NOTICE_MESSAGE}; remove it")

    def charting(self, values: dict[str, Any], names: set[str | None]) -> ShapedDoorSettings:
        """The settings of the tscharts-shaped door, the usual ones when a resource was refused."""
        self.check_name(values["default_practice"], names, ("charting", "default_practice"))
        try:
            return ShapedDoorSettings(**values | {"resources": frozenset(values["resources"] or ())})
        except (ValueError, TypeError):
            return ShapedDoorSettings()

    def zone(self, name: str | None, path: KeyPath) -> ZoneInfo:
        """The time zone of this name; UTC, with a problem, when there is none."""
        try:
            return ZoneInfo("UTC" if name is None else name)
        except (KeyError, ValueError, OSError):
            self.problem(path, "is not a time zone; use a name such as America/Tijuana or America/Los_Angeles")
            return ZoneInfo("UTC")

    def existing(self, text: str | None, path: KeyPath, what: str) -> Path:
        """The path of a file that must be there; `what` it is, for the sentence."""
        if text is None:
            return Path()
        file = self.path(text, path)
        try:
            trouble = "" if file.is_file() else "is not a file" if file.exists() else "does not exist"
        except OSError as error:
            trouble = f"cannot be read ({error.strerror})"
        if trouble:
            self.problem(path, f"the {what} {file} {trouble}; check the path (it is relative to this file)")
        return file

    def folder(self, text: str, path: KeyPath) -> Path:
        """The path of a folder, which may be made later."""
        folder = self.path(text, path)
        with contextlib.suppress(OSError):
            if folder.exists() and not folder.is_dir():
                self.problem(path, f"{folder} is a file; name a folder for the photos")
        return folder

    def path(self, text: str, path: KeyPath) -> Path:
        """A path of the file, from the file's own folder."""
        try:
            return (self.document.file.parent / Path(text).expanduser()).resolve()
        except (OSError, RuntimeError, ValueError):
            self.problem(path, "is not a path that can be used on this machine; write it out in full")
            return self.document.file.parent

    def written(self, path: KeyPath) -> set[str]:
        """The settings written at a place, known or not."""
        here = self.document.data
        for part in path:
            here = here[part]
        return set(here) if isinstance(here, dict) else set()

    def problem(self, path: KeyPath, message: str) -> None:
        """Note what is to be mended at a place."""
        self.problems.append(self.document.problem(path, message))

    def staff(self, values: Mapping[str, Any], practices: Sequence[PracticeSettings]) -> StaffSettings:
        """Who may look images up; an empty list is nobody, none at all is everyone. Where practices have several
        charts, a name alone would let in whoever has it at any of them.
        """
        allow, admins = values["allow"], values["admins"] or ()
        names: set[str | None] = {practice.name for practice in practices}
        has_several = len({practice.chart.url.rstrip("/").lower() for practice in practices}) > 1
        for field, listed in (("allow", allow or ()), ("admins", admins)):
            for index, each in enumerate(listed):
                practice, slash, username = each.rpartition("/")
                if slash:
                    self.check_name(practice, names, ("staff", field, index))
                elif has_several:
                    self.problem(("staff", field, index), _AT_WHICH_CHART.format(username, practices[0].name))
        return StaffSettings(None if allow is None else frozenset(allow), frozenset(admins))


def web_address(text: str) -> SplitResult | None:
    """The parts of a web address that a program can ask for, or None when this is none."""
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna")
        usable = parts.scheme in ("http", "https") and bool(host) and parts.port != 0
    except ValueError:
        return None
    return parts if usable and not re.search(r"[\s\\]", text) else None
