"""Prepares every file of a folder in a process of its own, and prints as JSON what each cost and came to.

`outcome` is "sent" or a hold's reason; anything else that is raised ends the program. `megabytes` is the most memory
that the process ever had, None where there is no /proc to tell.
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from bridge.imaging import Limits, PictureError, image_bytes_for_body, prepare

LIMITS = Limits(image_bytes_for_body(1_048_576))


def judge(file: Path) -> dict[str, object]:
    """Name, seconds and outcome of one file."""
    start = time.perf_counter()
    try:
        prepare(file.read_bytes(), LIMITS)
        outcome = "sent"
    except PictureError as error:
        outcome = error.hold.reason.value
    return {"name": file.name, "seconds": round(time.perf_counter() - start, 3), "outcome": outcome}


def most_megabytes() -> int | None:
    """The peak of this program's memory; None where there is no /proc to tell.

    Not `ru_maxrss`, which begins with that of the process that started this one.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    found = [line.split()[1] for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM")]
    return int(found[0]) // 1024


if __name__ == "__main__":
    files = [judge(file) for file in sorted(Path(sys.argv[1]).iterdir())]
    sys.stdout.write(json.dumps({"files": files, "megabytes": most_megabytes()}))
