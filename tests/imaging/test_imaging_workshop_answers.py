"""A worker that was taken over may write anything; none of it is believed."""

import io
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workshop_helpers import LIMITS, TRICKS, held, pid

from bridge.holds import HoldReason
from bridge.imaging import Prepared
from bridge.imaging.workshop import Workshop
from bridge.imaging.workshop_answers import read_answer, read_ready
from bridge.imaging.workshop_wire import WireError, write_message

GOOD_ANSWER = {"number": 1, "status": "prepared", "format": "JPEG", "width": 7, "height": 5, "encodings": 0,
               "passed_through": True, "kept_bytes": 0, "has_preview": False}  # fmt: skip


def frame(header: object, body: bytes = b"") -> bytes:
    stream = io.BytesIO()
    write_message(stream, header if isinstance(header, dict) else {}, body)
    if isinstance(header, dict):
        return stream.getvalue()
    head = json.dumps(header).encode()
    return len(head).to_bytes(4, "big") + head


JPEG = b"\xff\xd8\xff\xe0"
FORGERIES = {
    "no message": b"\r\n\r\nHello, World",
    "endless header": b"\xff" * 100,
    "no object": frame([1, 2]),
    "nested without end": (20_000).to_bytes(4, "big") + b"[" * 20_000,
    "longer than allowed": frame(GOOD_ANSWER, JPEG).replace(b'_bytes": 4}', b'_bytes":9876543}'),
    "negative": frame(GOOD_ANSWER, JPEG).replace(b'_bytes": 4}', b'_bytes":-4}'),
    "another picture's": frame(GOOD_ANSWER | {"number": 99}, JPEG),
    "no picture": frame(GOOD_ANSWER, b"<html>"),
    "another format": frame(GOOD_ANSWER | {"format": "PNG"}, JPEG),
    "no width": frame(GOOD_ANSWER | {"width": True}, JPEG),
    "reason of another room": frame(GOOD_ANSWER | {"status": "held", "reason": "no-patient", "sentence": "Hi."}),
    "sentence with control signs": frame(
        GOOD_ANSWER | {"status": "held", "reason": "too-large", "sentence": "\x1b[31m"}
    ),
    "half a letter": frame(GOOD_ANSWER | {"status": "held", "reason": "too-large", "sentence": "\ud800"}),
    "another kind": frame(GOOD_ANSWER | {"status": "previewed"}, JPEG),
    "unknown status": frame(GOOD_ANSWER | {"status": "ready"}),
    "markup for a fault": frame(GOOD_ANSWER | {"status": "fault", "detail": "<script>"}),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_answer_is_not_believed(name: str) -> None:
    stream = io.BytesIO(FORGERIES[name])
    with pytest.raises((WireError, EOFError)):
        read_answer(stream, 1, 1_000_000, Prepared)


@pytest.mark.parametrize("name", ["no message", "another picture's", "no picture", "longer than allowed"])
def test_a_worker_that_forges_an_answer_is_ended_at_once(name: str) -> None:
    with Workshop(1, seconds=20, module=TRICKS) as workshop:
        start = time.monotonic()
        with held(HoldReason.DAMAGED_PICTURE):
            workshop.prepare(b"forge " + FORGERIES[name], LIMITS)
        assert time.monotonic() - start < 10
        assert pid(workshop)


ODD = st.sampled_from(
    [None, True, 0, -1, 10**30, 2.5, float("nan"), "", "JPEG", "too-large", "\ud800", [], [[1]], {"a": 1}]
)
FIELDS = st.sampled_from([*GOOD_ANSWER, "reason", "sentence", "errno", "detail"])
STATUSES = st.sampled_from(["prepared", "previewed", "held", "too-big", "unreadable", "fault", "ready"])


@given(status=STATUSES, changes=st.dictionaries(FIELDS, ODD, max_size=3), body=st.binary(max_size=5))
def test_no_answer_does_more_than_make_a_result(status: str, changes: dict[str, object], body: bytes) -> None:
    whole = frame(GOOD_ANSWER | {"status": status} | changes, JPEG + body)
    for read in (lambda stream: read_answer(stream, 1, 1_000_000, Prepared), read_ready):
        try:
            read(io.BytesIO(whole))
        except (WireError, EOFError):
            continue
