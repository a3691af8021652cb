"""Settings that are refused: in which words, and at which place (bridge/config.py)."""

from collections.abc import Callable

import pytest
from config_texts import CHART, GOOD, PRACTICE

from bridge.errors import Problem

UNKNOWN_AND_MISTYPED = [
    (GOOD + "datafolder: x\n", 4, "datafolder", "is not a setting; did you mean `data_folder`?"),
    (
        GOOD + "zzz: x\n",
        4,
        "zzz",
        "is not a setting; use one of: chart, charting, copies, data_folder, database, delivery",
    ),
    (GOOD + "server: {prot: 5}\n", 4, "server.prot", "did you mean `port`?"),
    (GOOD.replace("name: a", "timezone: x, name: a"), 3, "practices[0].timezone", "did you mean `time_zone`?"),
    (GOOD.replace("password_file", "password"), 1, "chart.password", "did you mean `password_file`?"),
    (GOOD + CHART, 4, "chart", "is written twice (first on line 1); remove one of the two"),
    (GOOD + "server: 5566\n", 4, "server", "must hold settings of the form `name: value`"),
    (GOOD.replace(CHART, "chart:\n"), 1, "chart", "is empty; give it a value or remove it"),
    (GOOD + "server: {port: http}\n", 4, "server.port", "must be a whole number"),
    (GOOD + "server: {port: 5566.0}\n", 4, "server.port", "must be a whole number"),
    (GOOD + "server: {port: [5566]}\n", 4, "server.port", "must be a whole number"),
    (GOOD + "server: {port: 70000}\n", 4, "server.port", "must be from 1 to 65535"),
    (GOOD + f"server: {{port: {'9' * 5000}}}\n", 4, "server.port", "must be"),
    (GOOD + "server: {threads: 1}\n", 4, "server.threads", "must be from 4 to 2000"),
    (GOOD + 'server: {host: ""}\n', 4, "server.host", "is empty; give it a value or remove it"),
    (GOOD + "delivery: {retry_first_seconds: soon}\n", 4, "delivery.retry_first_seconds", "must be a number"),
    (GOOD + "delivery: {retry_first_seconds: nan}\n", 4, "delivery.retry_first_seconds", "must be a number"),
    (GOOD + "delivery: {read_back: once}\n", 4, "delivery.read_back", "must be one of: always, sample, never"),
    (GOOD + "uploads: {allow_unpaired: maybe}\n", 4, "uploads.allow_unpaired", "must be true or false"),
    (
        GOOD + "uploads: {allowed_types: [exe]}\n",
        4,
        "uploads.allowed_types[0]",
        "is not a type that the bridge knows; use one of: jpeg, png, heic",
    ),
    (GOOD + "uploads: {allowed_types: []}\n", 4, "uploads.allowed_types", "must name at least one type"),
    (GOOD + "uploads: {allowed_types: jpeg}\n", 4, "uploads.allowed_types", "must be a list"),
    (GOOD + "log_level: loud\n", 4, "log_level", "must be one of: debug, info, warning, error"),
    (GOOD + "log_level: &level info\n", 4, "log_level", "anchors (&) and aliases (*) are not used here"),
    (GOOD + "log_file: !path x\n", 4, "log_file", "the YAML tag `!path` is not used here; remove it"),
    (GOOD + 'log_file: "a\\0b"\n', 4, "log_file", "holds a line break or control character"),
    (GOOD + "staff: {allow: maria}\n", 4, "staff.allow", "must be a list"),
    (GOOD + "staff:\n  allow:\n", 5, "staff.allow", "is empty; give it a value or remove it"),
    (GOOD + 'staff: {admins: [maria, ""]}\n', 4, "staff.admins[1]", "is empty; give it a value or remove it"),
    (
        GOOD + "charting: {resources: [createuser]}\n",
        4,
        "charting.resources[0]",
        "cannot be passed on: it would let any",
    ),
    (
        GOOD + "charting: {resources: [../x]}\n",
        4,
        "charting.resources[0]",
        "give the word after /tscharts/v1/, like im",
    ),
    (GOOD + "charting: {repeats_once: maybe}\n", 4, "charting.repeats_once", "must be true or false"),
    (GOOD + "charting: {default_practice: z}\n", 4, "charting.default_practice", "`z` is not a practice of this file"),
    (CHART, 1, "practices", "is missing; add it"),
    (CHART + "practices: []\n", 2, "practices", "must name at least one practice"),
    (CHART + "practices: {name: a}\n", 2, "practices", "must be a list, each item on its own line after `- `"),
    (CHART + "practices: [a]\n", 2, "practices[0]", "must hold settings of the form `name: value`"),
    (CHART + "practices:\n-\n", 3, "practices[0]", "is empty; give it a value or remove it"),
    (GOOD.replace("name: a,", "name: Clinic A,"), 3, "practices[0].name", "must be lower-case letters, digits and hy"),
    (GOOD.replace("aB3dE5fG7hI9jK1lM3", "short"), 3, "practices[0].guid", "must be 16 to 20 letters or digits"),
]

FILES_AND_MEANINGS = [
    (GOOD + PRACTICE.replace("M3", "M4"), 4, "practices[1].name", "is the same as on line 3; give each practice its"),
    (GOOD + PRACTICE.replace("name: a", "name: b"), 4, "practices[1].guid", "is the same as on line 3"),
    (GOOD.replace("America/Tijuana", "America/Tijuna"), 3, "practices[0].time_zone", "is not a time zone; use a name"),
    (GOOD.replace("America/Tijuana", "../../etc/passwd"), 3, "practices[0].time_zone", "is not a time zone"),
    (GOOD.replace("m.yaml", "n.yaml"), 3, "practices[0].mapping", "n.yaml does not exist; check the path (it is rel"),
    (GOOD.replace("m.yaml", "folder"), 3, "practices[0].mapping", "folder is not a file; check the path"),
    (GOOD.replace("m.yaml", "n" * 5000), 3, "practices[0].mapping", "check the path (it is relative to this file)"),
    (GOOD + "data_folder: pw\n", 4, "data_folder", "is a file; name a folder for the photos"),
    (GOOD + "data_folder: ~no-such-user/x\n", 4, "data_folder", "is not a path that can be used on this machine"),
    (f"practices:\n{PRACTICE}", 2, "practices[0]", "has no chart server; add a `chart:` here or at the top of the f"),
    (GOOD.replace("https://", ""), 1, "chart.url", "must be a web address such as https://charts.example.org"),
    (GOOD.replace("https:", "ftp:"), 1, "chart.url", "must be a web address"),
    (GOOD.replace(".org", ".org:99999"), 1, "chart.url", "must be a web address"),
    (GOOD.replace(".org", " .org"), 1, "chart.url", "must be a web address"),
    (GOOD.replace("charts", "c" * 64), 1, "chart.url", "must be a web address"),
    (GOOD.replace("charts", "me:secret@charts"), 1, "chart.url", "must be the server's address alone, without user"),
    (GOOD.replace(".org", ".org/?x=1"), 1, "chart.url", "without user, password, ? or #"),
    (GOOD.replace("password_file: pw", "password_file: none"), 1, "chart.password_file", "give the path of a file"),
    (GOOD.replace("password_file: pw", "password_file: folder"), 1, "chart.password_file", "that cannot be read ("),
    (GOOD.replace("password_file: pw", "password_file: empty"), 1, "chart.password_file", "names an empty file; write"),
    (GOOD.replace("password_file: pw", "password_file: latin"), 1, "chart.password_file", "is not UTF-8 text; save"),
    (GOOD.replace("password_file: pw", "password_file: large"), 1, "chart.password_file", "more than one line"),
    (GOOD.replace("password_file: pw", "password_file: two-lines"), 1, "chart.password_file", "more than one line"),
    (GOOD.replace("password_file: pw", "password_env: UNSET"), 1, "chart.password_env", "names an environment variab"),
    (GOOD.replace("password_file: pw", "password_env: BLANK"), 1, "chart.password_env", "that is not set; set it"),
    (GOOD.replace(": pw", ": pw, password_env: WORD"), 1, "chart.password_env", "is given beside `password_file`"),
    (GOOD.replace(": pw", ": pw, token_env: WORD"), 1, "chart.token_env", "is given beside `password_file`; keep one"),
    (GOOD.replace(", password_file: pw", ""), 1, "chart.username", "has no password beside it; add `password_file`"),
    (GOOD.replace("username: bridge, ", ""), 1, "chart.password_file", "has no `username` beside it; add the bridge"),
    (GOOD.replace("username: bridge", 'username: ""'), 1, "chart.username", "is empty; give it a value or remove it"),
    (GOOD.replace(", username: bridge, password_file: pw", ""), 1, "chart", "needs an account: `username` with `pa"),
    (GOOD.replace("username: bridge, password_file: pw", "token_file: two-lines"), 1, "chart.token_file", "more than"),
    (GOOD.replace("username: bridge, password_file: pw", "token_env: WORDS"), 1, "chart.token_env", "one word of lett"),
    (GOOD.replace(": pw", ": pw, ca_file: none.pem"), 1, "chart.ca_file", "none.pem does not exist; check the path"),
    (GOOD.replace(": pw", ": pw, ca_file: pw, verify_tls: false"), 1, "chart.ca_file", "is of no use beside `verify_"),
    (GOOD + "uploads: {unpaired_practice: z}\n", 4, "uploads.unpaired_practice", "`z` is not a practice of this file"),
    (
        GOOD.replace("name: a", "name: a, api_token_env: WORD"),
        3,
        "practices[0].api_token_env",
        "must lead to 32 to 256",
    ),
    (
        GOOD.replace("name: a", "name: a, api_token_env: LONG")
        + PRACTICE.replace("M3", "M4").replace("name: a", "name: b, api_token_env: LONG"),
        4,
        "practices[1].api_token_env",
        "leads to another practice's token; give each practice its own",
    ),
    (GOOD.replace("name: a", "name: a, page_password_hash: x"), 3, "practices[0].page_password_hash", "page-password"),
    (GOOD + "server: {web_servers: [proxy]}\n", 4, "server.web_servers[0]", "must be an IP address such as 10.0.0.5"),
    (GOOD + "proxy: {read_ca_file: none.pem}\n", 4, "proxy.read_ca_file", "none.pem does not exist; check the path"),
    (
        GOOD + "uploads: {allowed_types: [{extension: .jpg, mime: image/png}]}\n",
        4,
        "uploads.allowed_types[0]",
        "names an extension and a media type of different kinds; write the extension alone",
    ),
    (
        GOOD + PRACTICE.replace("M3", "M4").replace("name: a", "name: b") + "uploads: {allow_unpaired: true}\n",
        5,
        "uploads.unpaired_practice",
        "is missing; with several practices, say which one gets photos without a guid",
    ),
    (GOOD + "notices: [{on: [held]}]\n", 4, "notices[0]", "needs either `url` or `command`; give one of the two"),
    (GOOD + 'notices: [{on: [held], url: "file:///etc/x"}]\n', 4, "notices[0].url", "must be a web address such as"),
    (GOOD + 'notices: [{on: [held], url: "ftp://x.org/y"}]\n', 4, "notices[0].url", "must be a web address such as"),
    (GOOD + 'notices: [{on: [held], url: "http://[MESSAGE]"}]\n', 4, "notices[0].url", "must be a web address such"),
    (
        GOOD + 'notices: [{on: [held], url: "http://x.org/?t=[MESSAGE]", secret_file: pw}]\n',
        4,
        "notices[0].secret_file",
        "signs JSON that is posted to a `url` without [MESSAGE]; remove it",
    ),
    (
        GOOD + "notices: [{on: [held], command: [notify], secret_env: WORD}]\n",
        4,
        "notices[0].secret_env",
        "signs JSON that is posted to a `url` without [MESSAGE]; remove it",
    ),
    (
        GOOD + "notices: [{on: [held], practices: [a, z], command: [notify]}]\n",
        4,
        "notices[0].practices[1]",
        "`z` is not a practice of this file; use a `name` from `practices:`",
    ),
    (GOOD + "web_proxy: http://\n", 4, "web_proxy", "must be written as http://host:port"),
    (GOOD + 'web_proxy: "http://[::1"\n', 4, "web_proxy", "must be written as http://host:port"),
    (GOOD + "web_proxy: http://me:secret@proxy:3128\n", 4, "web_proxy", "without user and password"),
    (
        GOOD + "delivery: {retry_first_seconds: 500}\n",
        4,
        "delivery.retry_longest_seconds",
        "is 300, less than `retry_first_seconds` (500); raise it",
    ),
]


@pytest.mark.parametrize(("text", "line", "field", "said"), UNKNOWN_AND_MISTYPED + FILES_AND_MEANINGS)
def test_a_bad_setting_is_one_sentence_with_file_line_field_and_next_step(
    problems_of: Callable[..., tuple[Problem, ...]], text: str, line: int, field: str, said: str
) -> None:
    (problem,) = problems_of(text, WORD="word", WORDS="two words", BLANK=" ", LONG="long" * 10)
    assert (problem.line, problem.field) == (line, field)
    assert said in problem.message
    assert "\n" not in str(problem)
    assert str(problem).startswith(f"{problem.file}, line {line}, {field}: ")


def test_all_problems_are_told_at_once_in_the_order_of_the_lines(
    problems_of: Callable[..., tuple[Problem, ...]],
) -> None:
    problems = problems_of(
        "chart:\n  url: charts\n  username: bridge\n  password_file: none\nlog_level: loud\nlog_level: info\n"
        "practices:\n- name: A\n  mapping: none.yaml\n  time_zone: Mars/Base\n  zone: x\n"
        "server: {port: x}\nuploads: {allow_unpaired: true, unpaired_practice: ' '}\n"
    )
    assert [problem.field for problem in problems] == [
        "chart.url",
        "chart.password_file",
        "log_level",
        "log_level",
        "practices[0].name",
        "practices[0].mapping",
        "practices[0].time_zone",
        "practices[0].zone",
        "server.port",
        "uploads.unpaired_practice",
    ]
    lines = [problem.line for problem in problems]
    assert lines == sorted(lines, key=lambda line: line or 0)


def test_what_several_practices_share_is_told_once(problems_of: Callable[..., tuple[Problem, ...]]) -> None:
    shared = GOOD.replace("password_file: pw", "password_file: none")
    problems = problems_of(shared + PRACTICE.replace("M3", "M4").replace("name: a", "name: b"))
    assert [problem.field for problem in problems] == ["chart.password_file"]


def test_with_several_charts_a_name_alone_is_nobodys(problems_of: Callable[..., tuple[Problem, ...]]) -> None:
    own = PRACTICE.replace("name: a,", 'name: b, chart: {url: "http://x", token_env: T},').replace("M3", "M4")
    problems = problems_of(GOOD + own + "staff: {allow: [maria, a/jose], admins: [c/lead]}\n", T="abc")
    assert [problem.field for problem in problems] == ["staff.allow[0]", "staff.admins[0]"]
    assert "write it as `a/maria`" in problems[0].message
    assert "`c` is not a practice of this file" in problems[1].message


def test_a_chart_that_no_practice_uses_is_looked_at_too(problems_of: Callable[..., tuple[Problem, ...]]) -> None:
    own = PRACTICE.replace("name: a,", 'name: a, chart: {url: "http://x", token_env: T},')
    problems = problems_of(f"{CHART.replace(': pw', ': none')}practices:\n{own}", T="abc")
    assert [problem.field for problem in problems] == ["chart.password_file"]
