"""Names chart servers: one key for every way in which an admin may write the same address."""

from urllib.parse import urlsplit

_USUAL_PORTS = {"http": 80, "https": 443}
_API = "/tscharts/v1"


def chart_key(url: str) -> str:
    """A chart server's address as the store keeps it: `https://chart.example.org`.

    Scheme and host in lower case, without the scheme's own port, the API's path and a slash at the end. What is no
    address stays as it is.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    if not host:
        return url
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != _USUAL_PORTS.get(parts.scheme):
        place = f"{place}:{port}"
    return f"{parts.scheme}://{place}{parts.path.rstrip('/').removesuffix(_API).rstrip('/')}"
