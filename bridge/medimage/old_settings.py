"""MedImage's config.json: read, and its settings taken one by one, with a sentence for what became of each."""

import json
from collections.abc import Mapping
from typing import Any

from bridge.errors import BridgeError

_LARGEST_BYTES = 1024 * 1024
_LONGEST_TEXT = 1000
_MOST_ITEMS = 100
_MOST_UNKNOWN = 30
_SHOWN = 60

_NOT_NEEDED = {
    "keepMaster": "is not needed: the bridge keeps the original of each photo in its own data folder",
    "allowedChars": "is not needed: the bridge keeps file names whole, in any language",
    "headers": "is not needed: the bridge itself sends what browsers and the app ask for",
    "transfer": "is MedImage's own count of the bytes it received",
    "style": "belongs to MedImage's own pages",
    "countryCode": "belongs to MedImage's own pages",
    "proxy": "belongs to MedImage's own pages; what is read from stands in `readProxy`",
    "allowGettingRemotePhotos": "is not needed: the bridge reads from the addresses in `read_from`, and from no others",
}
_COMMENT = "purpose"


class MigrationError(BridgeError):
    """This is not the config.json of a MedImage server; look for it in the folder that MedImage is installed in."""


def read_settings(text: str | bytes) -> Mapping[str, Any]:
    """What stands in a config.json. Raises MigrationError."""
    if len(text) > _LARGEST_BYTES:
        raise MigrationError("The file is larger than 1 MiB, which no MedImage config.json is; look for the right one.")
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        settings = json.loads(decoded)
    except UnicodeDecodeError:
        raise MigrationError("The file is not UTF-8 text; open it in an editor and save it again as UTF-8.") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MigrationError(f"The file is not valid JSON ({place}); mend it there, or take a copy of it.") from None
    except (ValueError, RecursionError):
        raise MigrationError("The file is JSON of a kind that no MedImage server reads; take a copy of it.") from None
    if not isinstance(settings, dict):
        raise MigrationError("The file holds no settings in curly brackets; look for MedImage's own config.json.")
    return settings


class OldSettings:
    """The settings of a config.json. What is taken is ticked off; `close` lists what nobody took.

    A value that is not set (null, empty) is as none. `carried` and `left_out` hold one sentence for each setting; no
    sentence holds a value, but for those that `carry` and `leave` are given.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._left = {str(name): value for name, value in settings.items() if value not in (None, "", [])}
        self._known = set(self._left)
        self._settled: set[str] = set()
        self.carried: list[str] = []
        self.left_out: list[str] = []

    def carry(self, name: str, how: str) -> None:
        """Say how a setting goes on; nothing is said of one that is not set, or that was left out."""
        if name in self._known and name not in self._settled:
            self._left.pop(name, None)
            self._settled.add(name)
            self.carried.append(f"`{name}`: {how}.")

    def leave(self, name: str, why: str) -> None:
        """Say why a setting, or a part of it, does not go on."""
        self._left.pop(name, None)
        self.left_out.append(f"`{name}` {why}.")

    def note(self, sentence: str) -> None:
        """Say what else does not go on."""
        self.left_out.append(sentence)

    def is_set(self, name: str) -> bool:
        """Whether the config.json has a value for a setting."""
        return name in self._known

    def flag(self, name: str) -> bool | None:
        """A setting that is true or false."""
        value = self._left.get(name)
        if value is None or isinstance(value, bool):
            return value
        self._refuse(name, "is neither true nor false; set it by hand")
        return None

    def number(self, name: str, low: int, high: int) -> int | None:
        """A whole number in a range; MedImage also takes one written as text."""
        value = self._left.get(name)
        if value is None:
            return None
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self._refuse(name, f"is not a whole number from {low} to {high}; the bridge's default is used")
        return None

    def text(self, name: str) -> str | None:
        """A setting that is one line of text."""
        return self.plain(name, self._left[name]) if name in self._left else None

    def items(self, name: str) -> list[Any]:
        """A setting that is a list, or one text that stands for a list of one."""
        value = self._left.get(name)
        if value is None:
            return []
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or len(items) > _MOST_ITEMS:
            self._refuse(name, f"is not a list of at most {_MOST_ITEMS} entries; set it by hand")
            return []
        return [item for item in items if item not in (None, "")]

    def plain(self, name: str, value: Any) -> str | None:
        """A value of a setting as one line of text that can be seen, or None with the reason."""
        if isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= _LONGEST_TEXT:
            return value
        self.leave(name, "holds something that is not one plain line of text; set it by hand")
        return None

    def close(self) -> None:
        """Say why each setting that nobody took does not go on."""
        self._left.pop(_COMMENT, None)
        unknown = [name for name in self._left if name not in _NOT_NEEDED]
        for name in [name for name in self._left if name in _NOT_NEEDED]:
            self.leave(name, _NOT_NEEDED[name])
        for name in unknown[:_MOST_UNKNOWN]:
            self._left.pop(name)
            self.left_out.append(f"`{shown(name)}` is not a setting that the bridge knows of.")
        if len(unknown) > _MOST_UNKNOWN:
            self.left_out.append(f"{len(unknown) - _MOST_UNKNOWN} more are not settings that the bridge knows of.")

    def _refuse(self, name: str, why: str) -> None:
        self.leave(name, why)
        self._settled.add(name)


def shown(text: str) -> str:
    """A text from the file, short and plain, as it can be shown."""
    plain = "".join(letter if letter.isprintable() and letter != "`" else "?" for letter in text)
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}…"
