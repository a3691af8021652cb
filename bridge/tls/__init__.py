"""HTTPS: a certificate and its key for the web server, made, checked, and taken up anew when their files change.

`ReloadingAdapter` is what cheroot wants. A connection's handshake is made by the thread that serves it, so that one
that stalls holds up neither the others nor the taking of new ones.
"""

from typing import TYPE_CHECKING

from bridge.late import late_names
from bridge.tls.adapter import ReloadingAdapter
from bridge.tls.settings import TlsError, TlsSettings

if TYPE_CHECKING:
    from bridge.tls.certificates import check_pair, fingerprint, make_self_signed
else:
    __getattr__ = late_names(__name__, certificates=("check_pair", "fingerprint", "make_self_signed"))

__all__ = ["ReloadingAdapter", "TlsError", "TlsSettings", "check_pair", "fingerprint", "make_self_signed"]
