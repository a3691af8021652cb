"""The JSON door's frame: one declaration for route and document, and problem details for whatever goes wrong."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from charting_site import relay_to
from json_site import PROBLEM, JsonSite, running_json_door
from marshmallow import Schema, fields
from memory_names import MemoryNames

from bridge.app import create_app
from bridge.charting import Access, Chart, ChartingSettings, Charts, FixedLimit, StaffSettings
from bridge.charting.json_door import Answer, Answered, Call, Handbook, Operation, Who, json_blueprint
from bridge.charting.json_door.schemas import ChartId, ImagePath, Limit, Text
from bridge.photos import StoreBusyError
from bridge.sandbox import SandboxServer


class OrderSchema(Schema):
    """A body for the tests."""

    reason = Text(20, required=True)
    patient = ChartId(load_default=None)


class EchoSchema(Schema):
    """An answer for the tests."""

    image = fields.Integer(required=True)
    reason = fields.String(required=True)
    limit = fields.Integer()


class LimitSchema(Schema):
    """A query for the tests."""

    limit = Limit()


class ChoiceSchema(Schema):
    """A body of odd fields for the tests."""

    clinic = fields.Raw(
        load_default="today",
        metadata={"oneOf": [{"type": "string", "enum": ["today", "none"]}, {"type": "integer", "minimum": 1}]},
    )
    sure = fields.Boolean(load_default=False)


class NothingMaker:
    """Makes no pictures."""

    def preview(self, file: bytes, edge: int, /) -> bytes:
        raise AssertionError(f"{len(file)} bytes at {edge}")


def _echo(call: Call) -> object:
    if call.body["reason"] == "fail":
        raise ZeroDivisionError("patient 73 is secret")
    if call.body["reason"] == "busy":
        raise StoreBusyError
    value = {"image": call.path["image_id"], "reason": call.body["reason"], "limit": call.query["limit"]}
    return Answered(value, 202, (("Location", f"{call.root}elsewhere"),)) if value["reason"] == "later" else value


def _operations(_store: object = None) -> tuple[Operation, ...]:
    return (
        Operation(
            "POST",
            "images/{image_id}/echo",
            "echo",
            "Say it again",
            _echo,
            (Answer(200, EchoSchema()), Answer(202, EchoSchema())),
            path_schema=ImagePath(),
            query_schema=LimitSchema(),
            body_schema=OrderSchema(),
        ),
        Operation(
            "POST", "choices", "choose", "Choose", lambda call: {"x": str(call.body["clinic"])},
            (Answer(200, Schema.from_dict({"x": fields.String()}, name="Chosen")()),), body_schema=ChoiceSchema(),
        ),
        Operation(
            "GET", "secrets", "secrets", "For admins", lambda call: {"x": call.caller.username},
            (Answer(200, Schema.from_dict({"x": fields.String()})()),), who=Who.ADMIN,
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture(scope="module")
def site(chart: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsonSite]:
    folder: Path = tmp_path_factory.mktemp("store")
    staff = StaffSettings(None, frozenset({"nurse"}))
    with running_json_door({"clinic": chart}, folder, NothingMaker(), staff=staff, more=_operations) as running:
        yield running


def _problem(answer: requests.Response, status: int) -> str:
    """The sentence of a problem that has the shape of all problems."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, PROBLEM)
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert (body["type"], body["status"]) == ("about:blank", status)
    assert body["detail"].endswith(".")
    return str(body["detail"])


def _echoed(site: JsonSite, chart: SandboxServer, path: str = "images/7/echo", **options: object) -> requests.Response:
    return site.ask("POST", path, chart.token("bridge"), **{"json": {"reason": "x"}, **options})


def test_an_operation_gets_what_its_schemas_loaded_and_answers_by_its_schema(
    site: JsonSite, chart: SandboxServer
) -> None:
    answer = _echoed(site, chart, params={"limit": "7"}, json={"reason": " ñandú "})
    assert (answer.status_code, answer.json()) == (200, {"image": 7, "reason": "ñandú", "limit": 7})
    assert answer.headers["Cache-Control"] == "no-store"
    assert _echoed(site, chart).json()["limit"] == 50


def test_an_operation_may_answer_with_another_status_and_headers(site: JsonSite, chart: SandboxServer) -> None:
    answer = _echoed(site, chart, prefix="/p/clinic", json={"reason": "later"})
    assert (answer.status_code, answer.headers["Location"]) == (202, "/p/clinic/api/v1/elsewhere")


def test_addresses_work_with_a_practice_and_with_a_slash_at_the_end(site: JsonSite, chart: SandboxServer) -> None:
    for path, prefix in (("images/7/echo/", ""), ("images/7/echo", "/p/clinic"), ("images/7/echo/", "/p/clinic")):
        assert _echoed(site, chart, path, prefix=prefix).status_code == 200


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"{", "JSON object"),
        (b"[]", "JSON object"),
        (b"null", "JSON object"),
        (b'{"reason": "\\ud800"}', "JSON object"),
        (b'{"reason": NaN}', "JSON object"),
        (b"\xff\xfe", "JSON object"),
        (b"[" * 50_000, "JSON object"),
        (b"", "`reason`"),
        (b'{"reason": 5}', "`reason`"),
        (b'{"reason": " "}', "`reason`"),
        (b'{"reason": "a\\u0000b"}', "`reason`"),
        (b'{"reason": "123456789012345678901"}', "`reason`"),
        (b'{"reason": "x", "patient": true}', "`patient`"),
        (b'{"reason": "x", "patient": 1.5}', "`patient`"),
        (b'{"reason": "x", "patient": "1e3"}', "`patient`"),
        (b'{"reason": "x", "patient": 0}', "`patient`"),
        (b'{"reason": "x", "patient": 9007199254740992}', "`patient`"),
        (b'{"reason": "x", "who`\\nelse": 1}', "`who??else`"),
    ],
)
def test_a_body_that_does_not_fit_is_400_with_the_name_of_its_field(
    site: JsonSite, chart: SandboxServer, body: bytes, word: str
) -> None:
    assert word in _problem(_echoed(site, chart, json=None, data=body), 400)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=", "limit=1&limit=2", "what=1", "limit=１"]
)
def test_a_query_that_does_not_fit_is_400(site: JsonSite, chart: SandboxServer, query: str) -> None:
    assert "`" in _problem(_echoed(site, chart, f"images/7/echo?{query}"), 400)


@pytest.mark.parametrize("number", ["0", "-1", "07", "x", "%F0%9F%98%80", "1" * 40, "9007199254740992", "7%00"])
def test_a_path_with_no_number_of_an_image_is_404(site: JsonSite, chart: SandboxServer, number: str) -> None:
    _problem(_echoed(site, chart, f"images/{number}/echo"), 404)


def test_a_large_body_is_413(site: JsonSite, chart: SandboxServer) -> None:
    _problem(_echoed(site, chart, json={"reason": "x" * 70_000}), 413)
    _problem(_echoed(site, chart, json=None, data=(b"x" * 10_000 for _ in range(7))), 413)


def test_what_is_nowhere_or_not_for_this_method_is_a_problem_too(site: JsonSite, chart: SandboxServer) -> None:
    for path in ("nothing", "images/5/echo/more", "images//echo", "x%0a"):
        _problem(site.ask("GET", path), 404)
    answer = site.ask("GET", "images/7/echo")
    assert "/api/v1/" in _problem(answer, 405)
    assert answer.headers["Allow"] == "POST"
    for method in ("OPTIONS", "TRACE", "PUT", "BREW"):
        _problem(site.ask(method, "images/7/echo", chart.token("bridge"), prefix="/p/clinic"), 405)
    assert "practice" in _problem(site.ask("GET", "secrets", prefix="/p/other"), 404)


def test_addresses_beside_the_door_are_not_its_own(site: JsonSite) -> None:
    for path in ("/api/v2/x", "/api/v10", "/p/clinic/else/api/v1/"):
        assert requests.get(f"{site.url}{path}", timeout=20).headers["Content-Type"] == "text/plain"


def test_a_failure_is_a_problem_that_tells_nothing_of_what_failed(site: JsonSite, chart: SandboxServer) -> None:
    assert "secret" not in _problem(_echoed(site, chart, json={"reason": "fail"}), 500)
    assert "busy" in _problem(_echoed(site, chart, json={"reason": "busy"}), 503)


def test_strangers_hear_401_before_anything_is_looked_at(site: JsonSite) -> None:
    for token in (None, "nonsense", "ñ", "a b"):
        headers = {} if token is None else {"Authorization": f"Token {token}".encode()}
        answer = site.ask("POST", "images/x/echo?limit=x", headers=headers, data=b"{")
        _problem(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("prefix", ["", "/p/clinic"])
def test_strangers_hear_what_is_wrong_and_where_to_sign_in(site: JsonSite, prefix: str) -> None:
    for header, words in ((None, "needs a token"), ("Basic eA==", "needs a token"), ("Token x", "does not accept")):
        headers = {} if header is None else {"Authorization": header}
        sentence = _problem(site.ask("GET", "patients/1", headers=headers, prefix=prefix), 401)
        assert words in sentence
        assert f"POST to {prefix}/api/v1/login/" in sentence


def test_who_signed_in_elsewhere_hears_that_the_bridge_does_not_know_whose_the_token_is(
    chart: SandboxServer, tmp_path: Path
) -> None:
    staff = StaffSettings(frozenset({"nurse"}))
    with running_json_door({"clinic": chart}, tmp_path, NothingMaker(), staff=staff) as site:
        sentence = _problem(site.ask("GET", "patients/1", chart.token("nurse"), prefix="/p/clinic"), 401)
        assert "does not know whose" in sentence
        assert "POST to /p/clinic/api/v1/login/" in sentence
        assert "does not accept" in _problem(site.ask("GET", "patients/1", "nonsense"), 401)


def test_what_is_for_admins_is_403_for_others(site: JsonSite, chart: SandboxServer) -> None:
    assert "admin" in _problem(site.ask("GET", "secrets", chart.token("bridge")), 403)
    site.ask("POST", "login/", json={"username": "nurse", "password": "nurse-pass"})
    assert site.ask("GET", "secrets", chart.token("nurse")).json() == {"x": "nurse"}


def test_several_charts_without_a_default_need_the_practice(chart: SandboxServer, tmp_path: Path) -> None:
    charts: dict[str, SandboxServer | str] = {"north": chart, "south": "http://127.0.0.1:9"}
    with running_json_door(charts, tmp_path, NothingMaker()) as site:
        assert "/p/" in _problem(site.ask("GET", "patients/1", chart.token("bridge")), 404)
        assert site.ask("GET", "patients/1", chart.token("bridge"), prefix="/p/north").status_code == 200
        assert "cannot be reached" in _problem(
            site.ask("GET", "patients/1", chart.token("bridge"), prefix="/p/south"), 502
        )


def test_every_route_is_in_the_document_with_its_answers(chart: SandboxServer) -> None:
    relay = relay_to(chart.url)
    charts = Charts([Chart(frozenset({"clinic"}), relay, FixedLimit(1))])
    handbook = Handbook(_operations())
    app = create_app(
        [json_blueprint(handbook.operations, charts, Access(StaffSettings(), MemoryNames()), ChartingSettings())]
    )
    document = app.test_client().get("/api/v1/openapi.json").json
    assert document is not None
    routes = [rule for rule in app.url_map.iter_rules() if "/api/v1/" in rule.rule]
    for rule in routes:
        path = "/" + re.sub(r"<(\w+)>", r"{\1}", rule.rule.split("/api/v1/")[1])
        for method in (rule.methods or set()) - {"HEAD"}:
            described = document["paths"][path][method.lower()]
            assert {"404", "500"} < set(described["responses"])
            assert described["summary"]
    assert len(routes) == 2 * sum(len(methods) for methods in document["paths"].values())
    relay.close()


def test_the_document_names_the_address_it_came_from(site: JsonSite) -> None:
    assert site.ask("GET", "openapi.json").json()["servers"] == [{"url": "/api/v1"}]
    document = site.ask("GET", "openapi.json", prefix="/p/clinic").json()
    assert document["servers"] == [{"url": "/p/clinic/api/v1"}]
    assert document["openapi"] == "3.1.0"


def test_the_page_shows_every_operation_and_runs_nothing(site: JsonSite) -> None:
    page = site.ask("GET", "")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    assert "https://" not in page.text
    for operation in site.handbook.operations:
        assert f'id="{operation.name}"' in page.text


def _row(page: str, section: str, name: str) -> str:
    """What a row of the page says to a person who reads it."""
    part = page.split(f'id="{section}"')[1].split("</section>")[0]
    row = next(each for each in part.split("<tr>") if f"<code>{name}</code>" in each)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", row))).strip()


@pytest.mark.parametrize(
    ("section", "name", "said"),
    [
        ("findPatients", "limit", "limit query whole number, 1 to 100; without it 50"),
        ("findPatients", "q", "q (needed) query text of 1 to 100 letters Words of names"),
        ("listImages", "type", "type query one of Headshot , Xray , Surgery , Audiogram"),
        ("showImage", "image_id", "image_id (needed) path whole number, 1 or more The image's number in the chart."),
        ("Credentials", "username", "username (needed) text of 1 to 150 letters"),
        ("Choice", "clinic", "clinic one of today , none or whole number, 1 or more; without it today"),
        ("Choice", "sure", "sure true or false; without it false"),
        ("ImagePage", "images", "images list of Image"),
        ("ImagePage", "next", "next whole number, 1 or more or null Ask with this as before for the next."),
        ("Patient", "birth_date", "birth_date date or null"),
        ("Event", "at", "at time with its zone"),
    ],
)
def test_the_page_says_what_every_value_may_be(site: JsonSite, section: str, name: str, said: str) -> None:
    assert _row(site.ask("GET", "").text, section, name).startswith(said)


def test_the_document_names_the_headers_that_answers_bring(site: JsonSite, chart: SandboxServer) -> None:
    paths = site.ask("GET", "openapi.json").json()["paths"]
    of_bytes = paths["/images/{image_id}/file"]["get"]["responses"]
    assert set(of_bytes["200"]["headers"]) == {"ETag", "Cache-Control", "Accept-Ranges"}
    assert "Content-Range" in of_bytes["206"]["headers"]
    assert set(of_bytes["416"]["headers"]) == {"Content-Range"}
    assert set(paths["/login/"]["post"]["responses"]["429"]["headers"]) == {"Retry-After"}
    assert {"401", "503"} < set(paths["/login/"]["post"]["responses"])
    assert "(ETag, Cache-Control, Accept-Ranges)" in site.ask("GET", "").text


def test_clinics_and_stations_are_listed_for_those_who_assign(site: JsonSite, chart: SandboxServer) -> None:
    clinics = site.ask("GET", "clinics", chart.token("bridge")).json()["clinics"]
    assert set(clinics[0]) == {"id", "start", "end", "location"}
    assert [each["start"] for each in clinics] == sorted((each["start"] for each in clinics), reverse=True)
    stations = site.ask("GET", "stations", chart.token("bridge")).json()["stations"]
    assert {"id", "name"} == set(stations[0])
    assert "Dental1" in [each["name"] for each in stations]
    assert [site.ask("GET", path).status_code for path in ("clinics", "stations")] == [401, 401]
