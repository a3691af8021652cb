"""A text that must not be seen: passwords, tokens, keys."""

import hmac
from typing import final


@final
class Secret:
    """A secret text that shows as `<secret>` wherever it is printed, logged or formatted.

    Only `reveal()` gives the text. Two secrets are equal when their texts are.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, to be handed on at the last moment and never kept."""
        return self._value

    def __repr__(self) -> str:
        return "<secret>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._bytes(), other._bytes())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def _bytes(self) -> bytes:
        return self._value.encode("utf-8", "surrogatepass")
