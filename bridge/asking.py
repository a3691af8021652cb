"""Who asks over HTTP: the address behind web servers, the network that it is in, and whether a person does."""

import ipaddress
from typing import Protocol

LOOPBACKS = frozenset({"127.0.0.1", "::1"})
"""Where a web server on the bridge's own machine asks from."""


class Headers(Protocol):
    """A request's headers."""

    def get(self, name: str, default: str, /) -> str:
        """A header's value, or the default."""


class Request(Protocol):
    """A request, as far as it tells who asks."""

    @property
    def remote_addr(self) -> str | None:
        """The other end of the connection."""

    @property
    def headers(self) -> Headers:
        """Its headers."""


def asker_of(request: Request, web_servers: frozenset[str]) -> str:
    """The address that a request comes from; see `asking_address`."""
    return asking_address(request.remote_addr or "", request.headers.get("X-Forwarded-For", ""), web_servers)


def asking_address(remote: str, forwarded_for: str, web_servers: frozenset[str]) -> str:
    """Whose request this is: the other end of the connection, or, when that is a web server in front of the bridge,
    the last address it names (X-Forwarded-For) that is none of those. What stands before that in the header, anyone
    may have written.
    """
    chain = [*(each.strip() for each in forwarded_for.split(",")), remote]
    while len(chain) > 1 and chain[-1] in web_servers and is_address(chain[-2]):
        chain.pop()
    return chain[-1]


def is_address(text: str) -> bool:
    """Whether this is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def network_of(address: str) -> str:
    """What guesses are counted by: an IPv4 address, or the /64 of an IPv6 one. What is no address is one network."""
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def asks_for_page(headers: Headers) -> bool:
    """Whether a person's browser asks for a page: it wants HTML before all else. Apps, other servers, scripts, pictures
    and streams of events do not.
    """
    first = headers.get("Accept", "").partition(",")[0].partition(";")[0]
    return first.strip().lower() == "text/html"
