"""This machine on its network."""

import ipaddress
import socket
import sys
from urllib.parse import urlsplit

_ANYWHERE = ("192.0.2.1", 9)
"""An address for documentation (RFC 5737): nothing is sent to it, the system only says which way it would go."""


def own_address() -> str:
    """The address at which other machines of the same network most likely reach this one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ANYWHERE)
            address: str = probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"
    return address


def free_port(wanted: int) -> int:
    """The wanted port of this machine when it is free, else one that is."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return wanted


def web_proxy_for(url: str, web_proxy: str | None) -> str | None:
    """The web proxy on the way to an address, or None where the way is direct: a web proxy leads to the outside, and
    knows neither this machine, nor private addresses, nor names without a dot or that end in `.local`.
    """
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return web_proxy
    return None if _is_near(host) else web_proxy


def _is_near(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(".local")
    near = getattr(address, "ipv4_mapped", None) or address
    return bool(near.is_private or near.is_loopback or near.is_link_local)


if sys.platform == "win32":

    def allow_many_connections() -> int | None:
        """Windows sets no such limit."""
        return None

else:
    import resource

    def allow_many_connections() -> int | None:
        """Let this process have as many connections and files open as it may ask for; how many that is. The usual 1024
        would be short when hundreds of phones send at once.
        """
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        return most
