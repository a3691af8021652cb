"""Who is told what, and how."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bridge.errors import BridgeError
from bridge.notices.notice import Notice, NoticeKind
from bridge.secret import Secret
from bridge.settings import NOTICE_MESSAGE


class NoticeSettingsError(BridgeError):
    """A notice's settings contradict each other; give either a web address or a command."""


@dataclass(frozen=True)
class NoticeSettings:
    """One target. Exactly one of `url` and `command` is given.

    A `url` with `[MESSAGE]` in it is fetched (GET) with the sentence in that place; one without gets a POST of JSON,
    signed with `secret` when there is one. A `command` is a list of arguments, run without a shell, with the JSON on
    its standard input; the sentence stands for `[MESSAGE]` in its arguments. Addresses and arguments never carry
    patient data; the JSON does when `with_patient_data` is on. `practices` None means all, and the bridge itself.
    `timeout_seconds` is for one try. Raises NoticeSettingsError.
    """

    on: frozenset[NoticeKind]
    url: str | None = field(default=None, repr=False)
    command: tuple[str, ...] = field(default=(), repr=False)
    secret: Secret | None = None
    with_patient_data: bool = False
    web_proxy: str | None = field(default=None, repr=False)
    practices: frozenset[str] | None = None
    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if not self.on:
            raise NoticeSettingsError("A notice without any event in `on` is never sent; name at least one event.")
        if bool(self.url) == bool(self.command):
            raise NoticeSettingsError("A notice needs either `url` or `command`, one of the two.")
        if self.url and not _is_web_address(self.url):
            raise NoticeSettingsError("A notice's `url` must be a web address such as https://example.org/notices.")
        if self.secret is not None and not self.is_signed_post:
            raise NoticeSettingsError(
                f"A notice's secret signs JSON; give a `url` without {NOTICE_MESSAGE}, or no secret."
            )

    @property
    def is_signed_post(self) -> bool:
        """Whether JSON goes to a web address, signed when there is a secret."""
        return bool(self.url) and NOTICE_MESSAGE not in (self.url or "")

    def wants(self, notice: Notice) -> bool:
        """Whether this target is told of such a notice."""
        return notice.kind in self.on and (self.practices is None or notice.practice in self.practices)


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text.replace(NOTICE_MESSAGE, ""))
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
