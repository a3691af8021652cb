"""Where the tscharts-shaped door answers otherwise than tscharts, exchange by exchange, and why.

Every reason stands in docs/charting.md too, word for word.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """Exchanges that the bridge answers otherwise: why, and with which status."""

    why: str
    status: int
    names: tuple[str, ...]


OTHER_ADDRESSES = Difference(
    "Addresses that are of no resource the bridge passes on are 404 in the bridge's own words.",
    404,
    ("double slash",),
)
OTHER_HOSTS = Difference(
    "The bridge asks the chart by the chart's own name, whatever name clients know the bridge by.",
    200,
    ("nginx: Host not in the server's list",),
)
COOKIES = Difference(
    "The chart's cookies are not passed back: they would stand beside the bridge's own.",
    200,
    (
        "login: password",
        "login: again, same token comes back",
        "login: pin",
        "login: right password and wrong pin together",
        "login: JSON sent as text/plain",
        "login: JSON sent without Content-Type",
        "login: with an invalid Authorization header",
        "GET by id, Accept: text/html",
        "GET by id, Accept of a web browser",
        "login: the user just made, by pin",
        "login: username in another case (MySQL-family database)",
    ),
)
ALWAYS = (OTHER_ADDRESSES, OTHER_HOSTS, COOKIES)
"""What no switch turns off."""

WRONG_NUMBERS = Difference(
    "A `patient`, `clinic` or `station` that is no number is 400 with a sentence, where tscharts fails with 500.",
    400,
    (
        "image list: patient=6&clinic=abc",
        "image list: patient=6&station=abc",
        "image list: ?patient=abc",
        "image list: ?patient=1.5",
        "image list: ?patient=abc&sort=garbage",
    ),
)
EVERYONE = Difference(
    "What was meant to narrow a list, and would list the images of every patient, is 400 with a sentence.",
    400,
    ("image list: ?patient=", "image list: ?patient=0", "image list: ?PATIENT=6"),
)
REPEATS = Difference(
    "The same POST by the same user within the hour answers with the first one's id and makes no second image.",
    200,
    (
        "image POST: second Xray, same patient and clinic",
        "image POST: JSON sent as text/plain",
        "image POST: JSON sent as application/octet-stream",
        "image POST: JSON sent as application/x-www-form-urlencoded",
        "image POST: JSON sent as image/jpeg",
        "image POST: JSON sent as application/json; charset=utf-8",
        "image POST: JSON sent as nonsense",
        "image POST: JSON sent without Content-Type",
        "image POST: chunked transfer, straight to the application server",
        "image POST: same body, second time",
        "nginx: image POST chunked transfer, small",
    ),
)
SWITCHED = (WRONG_NUMBERS, EVERYONE, REPEATS)
"""What a switch turns off, each its own."""
