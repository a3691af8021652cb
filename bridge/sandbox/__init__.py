"""A small chart server that answers as tscharts does (contract/tscharts.md), over real HTTP, kept in SQLite.

It is for the demo and for tests: `SandboxServer` starts and stops it, `server.faults` makes things go wrong,
`server.images()` and `server.requests` tell what arrived. It stands apart: nothing else of the bridge is used here.
"""

from bridge.sandbox.faults import Fault, FaultKind, Faults
from bridge.sandbox.records import RequestRecord
from bridge.sandbox.seed import Seed, default_seed, load_seed
from bridge.sandbox.server import SandboxServer
from bridge.sandbox.store import StoredImage

__all__ = [
    "Fault",
    "FaultKind",
    "Faults",
    "RequestRecord",
    "SandboxServer",
    "Seed",
    "StoredImage",
    "default_seed",
    "load_seed",
]
