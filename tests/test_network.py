"""This machine on its network (bridge/network.py)."""

import subprocess
import sys

import pytest

from bridge.network import web_proxy_for

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


@pytest.mark.parametrize(
    ("host", "is_direct"),
    [
        ("127.0.0.1", True),
        ("localhost:8000", True),
        ("192.168.1.20", True),
        ("10.0.0.5:8000", True),
        ("[::1]", True),
        ("[fd00::5]:8000", True),
        ("[::ffff:10.0.0.5]", True),
        ("chart", True),
        ("Chart.LOCAL:8000", True),
        ("chart.local.", True),
        ("charts.example.org", False),
        ("localhost.example.org", False),
        ("8.8.8.8", False),
        ("[2001:4860:4860::8888]", False),
    ],
)
def test_a_web_proxy_is_on_the_way_to_the_outside_alone(host: str, is_direct: bool) -> None:
    used = web_proxy_for(f"https://{host}/x", "http://proxy:3128")
    assert used == (None if is_direct else "http://proxy:3128")
    assert web_proxy_for(f"https://{host}/x", None) is None
