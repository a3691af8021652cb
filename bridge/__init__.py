"""The tscharts image bridge: clinic photos in over the MedImage protocol, out to the chart."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("tscharts-bridge")
except PackageNotFoundError:
    __version__ = "0+not-installed"
