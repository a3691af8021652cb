"""This machine on its network."""

import socket
import sys

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
