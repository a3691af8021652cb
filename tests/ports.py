"""Ports for servers of the tests that start later, or again."""

import random
import socket

_PORTS = range(10_000, 32_000)
"""Below those that systems give to outgoing connections: one of these could take a port while its server is away."""


def free_port() -> int:
    """A port of this machine that nothing uses, and that no outgoing connection will be given."""
    while True:
        port = random.SystemRandom().choice(_PORTS)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
