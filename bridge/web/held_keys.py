"""Which key does what on the page of held photos. Knows no web framework.

Digits are patients; letters are types of pictures, acts and stations. Each key stands on its button.
"""

from collections.abc import Iterable
from string import ascii_lowercase

from bridge.targets import ImageType

TYPE_KEYS = {ImageType.HEADSHOT: "h", ImageType.XRAY: "x", ImageType.SURGERY: "s", ImageType.AUDIOGRAM: "a"}
ACT_KEYS = {"retry": "r", "send-as-is": "i", "discard": "d", "undo": "u", "next": "n", "previous": "p"}
BY_TYPE_KEY, NO_STATION_KEY, SEARCH_KEY = "0", "-", "/"
_TAKEN = frozenset({*TYPE_KEYS.values(), *ACT_KEYS.values()})


def station_keys(names: Iterable[str]) -> dict[str, str]:
    """A key for each station: a letter of its name that is free, else any free one; "" when none is left."""
    keys: dict[str, str] = {}
    for name in names:
        wanted = [each for each in name.lower() if each in ascii_lowercase]
        taken = _TAKEN | set(keys.values())
        keys[name] = next((each for each in (*wanted, *ascii_lowercase) if each not in taken), "")
    return keys
