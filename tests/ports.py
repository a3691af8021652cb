"""Ports for servers of the tests that start later, or again."""

import itertools
import random
import socket

_LOWEST, _COUNT = 10_000, 22_000
"""Below those that systems give to outgoing connections: one of these could take a port while its server is away."""

_steps = itertools.count(random.SystemRandom().randrange(_COUNT))
"""Each process of the tests goes its own way through them: what chooses by lot takes another's now and then."""


def free_port() -> int:
    """A port of this machine that nothing uses, and that no outgoing connection will be given."""
    while True:
        port = _LOWEST + next(_steps) % _COUNT
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
