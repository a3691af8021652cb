"""This machine on its network (bridge/network.py)."""

import subprocess
import sys

_RAISED = """
from bridge.network import allow_many_connections
try:
    import resource
except ImportError:
    print(allow_many_connections() is None)
else:
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    print(allow_many_connections() == resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 64)
"""


def test_a_process_may_have_more_connections_open_than_it_is_given_at_first() -> None:
    done = subprocess.run([sys.executable, "-c", _RAISED], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
