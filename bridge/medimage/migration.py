"""Moving from MedImage: a MedImage server's config.json becomes a config.yaml that keeps every paired phone working.

Facts: contract/medimage.md, and the options that MedImage's own README and technical guide describe.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import urlsplit

from bridge.file_types import file_type_of
from bridge.medimage.old_settings import OldSettings, read_settings, shown
from bridge.passwords import LONGEST, SHORTEST, PasswordRefusedError, hashed
from bridge.secret import Secret
from bridge.tags import GUID_PATTERN

_DEFAULT_PORT = 5566
_UPLOAD_BYTES = (1024, 1024 * 1024 * 1024)
_READ_ADDRESS = re.compile(rf"https?://[^\s/?#@\\]+(?:/[^\s?#\\]*)?/read/({GUID_PATTERN.pattern})/?", re.ASCII)
_KNOWN_TO_ALL = "changeme"
_CHOOSE_ONE = "choose one with `tscharts-bridge page-password`"


@dataclass(frozen=True)
class Migration:
    """What came of a config.json: the text of a config.yaml, and one sentence for each setting that is in it and for
    each that is not. No password is told; that of MedImage's pages goes on as a hash, others do not.

    The mapping file that the config names, `mappings/PRACTICE.yaml`, is still to be written.
    """

    config_yaml: str
    carried: list[str]
    left_out: list[str]


def migrate(
    config_json: Mapping[str, Any] | str | bytes, folder: PurePath | None = None, practice: str = "clinic"
) -> Migration:
    """Turn a MedImage server's config.json into a config for this bridge. Raises MigrationError.

    `folder` is the one that config.json stands in: MedImage's relative paths start there. `practice` is the short
    name that the clinic gets here.
    """
    settings = config_json if isinstance(config_json, Mapping) else read_settings(config_json)
    return _Move(OldSettings(settings), folder, practice).migration()


class _Move:
    """One migration. Each part takes its settings from the old ones and gives lines of YAML."""

    def __init__(self, old: OldSettings, folder: PurePath | None, practice: str) -> None:
        self._old = old
        self._folder = folder
        self._practice = practice
        self._is_locked = old.flag("lockDown")
        self._gives_away = old.flag("allowPhotosLeaving")
        self._reads = old.flag("allowGettingRemotePhotos")
        self._is_store = self._looks_like_a_store()

    def migration(self) -> Migration:
        """The whole of it."""
        parts = [
            [_HEAD],
            self._server(),
            self._pages(),
            self._web_proxy(),
            self._uploads(),
            self._copies(),
            self._downloads(),
            self._practices(),
            [_CHART],
        ]
        self._old.close()
        text = "\n".join("\n".join(lines) + "\n" for lines in parts if lines)
        return Migration(text, self._old.carried, self._old.left_out)

    def _looks_like_a_store(self) -> bool:
        """MedImage's documented settings for a cloud practice system: many practices, each in a folder of its own."""
        is_pc = self._gives_away or self._reads or self._old.is_set("globalId") or self._old.is_set("readProxy")
        return bool(self._is_locked) and not is_pc

    def _server(self) -> list[str]:
        port = self._old.number("listenPort", 1, 65535) or _DEFAULT_PORT
        self._old.carry("listenPort", f"phones reach the bridge at port {port}, as before")
        lines = ["server:", "  host: 0.0.0.0", f"  port: {port}"]
        return lines + self._tls()

    def _pages(self) -> list[str]:
        if self._is_locked is None:
            return []
        can = "neither change settings nor show the log" if self._is_locked else "can change settings, as before"
        self._old.carry("lockDown", f"the bridge's pages {can}")
        return ["pages:", f"  locked: {_flag(self._is_locked)}"]

    def _page_password(self) -> list[str]:
        """The password of MedImage's pages, hashed, unless everybody knows it."""
        password = self._old.text("basicAuthent")
        if password is None:
            return []
        if password == _KNOWN_TO_ALL:
            self._old.leave("basicAuthent", f"is MedImage's own default, which everybody knows; {_CHOOSE_ONE}")
            return []
        try:
            made = hashed(Secret(password))
        except PasswordRefusedError:
            self._old.leave(
                "basicAuthent", f"is not of {SHORTEST} to {LONGEST} letters, digits and signs; {_CHOOSE_ONE}"
            )
            return []
        self._old.carry("basicAuthent", "the same password opens this practice's pages; only its hash is kept")
        return [f"    page_password_hash: {_quoted(made)}"]

    def _tls(self) -> list[str]:
        certificate, key = self._path("httpsCert"), self._path("httpsKey")
        if certificate and key:
            self._old.carry("httpsCert", "phones that were paired with an https address go on with this certificate")
            self._old.carry("httpsKey", "the key of that certificate")
            return ["  tls:", f"    certificate_file: {_quoted(certificate)}", f"    key_file: {_quoted(key)}"]
        for name, value in (("httpsCert", certificate), ("httpsKey", key)):
            if value:
                self._old.leave(name, "needs a key and a certificate together; without HTTPS, pair https phones anew")
        return []

    def _web_proxy(self) -> list[str]:
        address = self._old.text("webProxy")
        if address is None:
            return []
        try:
            parts = urlsplit(address)
            usable = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            self._old.leave("webProxy", "is not of the form http://host:port; set `web_proxy` by hand")
            return []
        if parts.username is None and parts.password is None:
            self._old.carry("webProxy", f"the outside is reached through {shown(address)}")
            return [f"web_proxy: {_quoted(address)}"]
        self._old.leave("webProxy", "holds a user or password, which the bridge does not send to a web proxy")
        return []

    def _uploads(self) -> list[str]:
        """A PC takes uploads without a guid, over the clinic's Wi-Fi; a server for many practices does not."""
        lines = ["uploads:", f"  allow_unpaired: {_flag(not self._gives_away and not self._is_store)}"]
        size = self._old.number("maxUploadSize", *_UPLOAD_BYTES)
        if size is not None:
            lines.append(f"  max_upload_bytes: {size}")
            self._old.carry("maxUploadSize", f"files of up to {size} bytes are taken; larger ones stay on the phone")
        types = self._types()
        if types:
            lines.append(f"  allowed_types: [{', '.join(types)}]")
            self._old.carry("allowedTypes", f"these are taken, judged by their content: {', '.join(types)}")
        return lines

    def _types(self) -> list[str]:
        names: list[str] = []
        for entry in self._old.items("allowedTypes"):
            extension = entry.get("extension") if isinstance(entry, Mapping) else None
            name = file_type_of(extension) if isinstance(extension, str) else None
            if name is None:
                what = shown(extension) if isinstance(extension, str) else "something without an extension"
                self._old.leave("allowedTypes", f"names {what}, a type that the bridge does not know")
            elif name not in names:
                names.append(name)
        return names

    def _copies(self) -> list[str]:
        lines = []
        drives = self._old.flag("onStartBackupDriveDetect")
        if drives is not None:
            lines.append(f"  find_drives: {_flag(drives)}")
            self._old.carry(
                "onStartBackupDriveDetect", f"drives with MedImage/photos are {'' if drives else 'not '}used"
            )
        folders = dict.fromkeys(filter(None, map(self._folder_of, self._old.items("backupTo"))))
        if folders:
            lines += ["  folders:", *(f"    - {_quoted(each)}" for each in folders)]
            self._old.carry("backupTo", "each photo is also copied to these folders, as before")
        return ["copies:", *lines] if lines else []

    def _downloads(self) -> list[str]:
        if self._gives_away is None:
            return []
        can = "can go on pulling photos" if self._gives_away else "cannot pull photos, as before"
        self._old.carry("allowPhotosLeaving", f"MedImage servers on PCs {can}")
        return ["proxy:", f"  serve_downloads: {_flag(self._gives_away)}"]

    def _practices(self) -> list[str]:
        address, guid = self._read_address(), self._guid()
        if address and guid and not address.rstrip("/").endswith(f"/{guid}"):
            self._old.leave("globalId", "is not the code at the end of `readProxy`, with which phones are paired")
            guid = None
        guid = guid or (address.rstrip("/").rpartition("/")[2] if address else None)
        mapping = f"mappings/{self._practice}.yaml"
        lines = ["practices:", f"  - name: {_quoted(self._practice)}", f"    mapping: {_quoted(mapping)}", _ZONE]
        if guid:
            lines.append(f"    guid: {_quoted(guid)}")
            self._old.carry("globalId", "phones keep their pairing, which holds this code")
        else:
            lines.append(_GUID_WANTED if self._gives_away or self._is_store else _NO_GUID)
        if address:
            lines += ["    read_from:", f"      - {_quoted(address)}"]
            self._old.carry("readProxy", "photos are fetched from the same address; stop MedImage before that")
        lines += self._page_password()
        if self._gives_away or self._is_store:
            self._old.note(_MANY_PRACTICES)
        if self._is_store:
            self._old.note(_NO_UNPAIRED)
        return lines

    def _guid(self) -> str | None:
        guid = self._old.text("globalId")
        if guid is not None and not GUID_PATTERN.fullmatch(guid):
            self._old.leave("globalId", "is not 16 to 20 letters and digits, so no phone can be paired with it")
            return None
        return guid

    def _read_address(self) -> str | None:
        address = self._old.text("readProxy")
        if address is None:
            return None
        if not self._reads:
            self._old.leave("readProxy", "was not used by MedImage, as `allowGettingRemotePhotos` is off")
            return None
        if not _READ_ADDRESS.fullmatch(address):
            self._old.leave("readProxy", "is not of the form https://host/read/CODE; pair again, or set `read_from`")
            return None
        self._old.carry("allowGettingRemotePhotos", "the bridge reads from a MedImage proxy, as before")
        return address

    def _path(self, name: str) -> str | None:
        value = self._old.text(name)
        return None if value is None else self._whole(value)

    def _folder_of(self, entry: Any) -> str | None:
        plain = self._old.plain("backupTo", entry)
        return None if plain is None else self._whole(plain)

    def _whole(self, path: str) -> str:
        """A path that does not depend on where the bridge runs, when the folder of config.json is known."""
        rooted = PurePosixPath(path).root or PureWindowsPath(path).anchor
        return path if rooted or self._folder is None else str(self._folder / path)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _quoted(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


_HEAD = """\
# The tscharts image bridge, made from the config.json of a MedImage server. Fill in what is marked FILL IN below, run
# `tscharts-bridge check`, stop MedImage, then start the bridge on the same machine, so that phones find it at the same
# address. All settings are explained in config.example.yaml.
data_folder: data"""

_ZONE = """\
    # FILL IN: the clinic's time zone, by which a photo belongs to a day of the clinic.
    #time_zone: America/Tijuana"""

_NO_GUID = """\
    # Pairing gives the clinic a code, which stands here; without one, only unpaired photos come.
    #guid: PutYourOwnCodeHere"""

_GUID_WANTED = """\
    # FILL IN: the practice's code, 16 to 20 letters and digits: the name of its folder in MedImage's photo folder.
    #guid: PutYourOwnCodeHere"""

_CHART = """\
# FILL IN: the chart server, the bridge's user there, and a file with this user's password.
#chart:
#  url: https://charts.example.org
#  username: bridge
#  password_file: secrets/chart-password"""

_MANY_PRACTICES = (
    "The practices that use this server: config.json does not name them; add one under `practices` for each folder of "
    "MedImage's `photos` (or `backupTo`) whose name is 16 to 20 letters and digits, with that name as its `guid`."
)

_NO_UNPAIRED = (
    "Photos without a practice's code, as they come over Wi-Fi: they are refused, as on a server for many practices; "
    "set `uploads.allow_unpaired` to true if this server is the PC of one clinic."
)
