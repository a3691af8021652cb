"""Sixty and more mapping files as clinic admins break them with a text editor: each is GOOD, wrong in one way.

`▶` in the changed part marks where the first message must point.
"""

from dataclasses import dataclass

GOOD = """\
# Mapping of the Ensenada clinic. Ask Ana before you change it.
version: 1

patient:
  chart-number: {form: id}
  curp:
    form: curp
    check_digit: true
  old-number:
    form: oldid
    prefix: [old, viejo]
  wristband:
    form: oldid
    pattern: 'TJ-?([0-9]{3,6})'

types:
  Headshot:
    station: Registration
    aliases:
      - face
      - cara
      - foto de cara
  Xray:
    station: X-Ray
    aliases: [x-ray, radiografía, rayos x]
    longest_edge: 3000
  Surgery:
    aliases:
      - cirugía
      - post-op
  Audiogram: {aliases: [hearing, audiometría]}

stations:
  Registration:
  X-Ray: {aliases: [radiology]}
  Dental1: {aliases: [dental, dentista]}
  ENT: {aliases: [orl]}

clinic:
  tags: {ensenada: 2, tijuana: 3}
  dates:
    "2026-11-21": 2
    "2026-11-22..2026-11-24": 3
  otherwise: today

defaults:
  station: Dental1
  station_by_practice: {ensenada: Registration}
  station_by_time:
    - {from: "08:00", until: "12:00", station: Registration}
    - {from: "12:00", until: "18:00", station: ENT}

require: [registered-today]
late_headshots: hold

ignore: [photo, foto, image]

examples:
  - {name: "#123-cara-21-Nov-2026-10-11-12.jpg", patient: 123, type: Headshot, station: Registration}
  - {name: "#123-rayos-x-21-Nov-2026-10-11-12.jpg", patient: 123, type: Xray}
  - name: "#old-1001-post-op-21-Nov-2026-10-11-12.jpg"
    patient: oldid 1001
    type: Surgery
  - {name: "#123-audiometria-21-Nov-2026-10-11-12.jpg", type: Audiogram}
  - {name: "#123-21-Nov-2026-10-11-12.jpg", held: no-type}
"""


@dataclass(frozen=True)
class Broken:
    """GOOD with `old` changed to `new`, in which `▶` marks the place of the mistake, and words of its fix."""

    what: str
    old: str
    new: str
    fix: str
    encoding: str = "utf-8"
    line_end: str = "\n"

    @property
    def raw(self) -> bytes:
        """The file's bytes."""
        text = self._marked.replace("▶", "")
        return text.replace("\n", self.line_end).encode(self.encoding)

    @property
    def place(self) -> tuple[int, int]:
        """The line and column of the mark, from 1."""
        before = self._marked[: self._marked.index("▶")]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1

    @property
    def _marked(self) -> str:
        assert GOOD.count(self.old) == 1, self.old
        return GOOD.replace(self.old, self.new)


BROKEN = [
    # the shape of the text
    Broken("a tab for spaces", "    station: X-Ray\n", "▶\tstation: X-Ray\n", "put spaces in its place"),
    Broken("a tab after spaces", "      - cara\n", "    ▶\t- cara\n", "put spaces in its place"),
    Broken("a tab after a colon", "chart-number: {", "chart-number:▶\t{", "put a space in its place"),
    Broken("a tab before a value", "  Audiogram: {", "  Audiogram:▶\t\t{", "put a space in its place"),
    Broken("no colon after a group", "types:\n", "types▶\n", "write `types:`"),
    Broken("no colon after a type", "  Surgery:\n", "  Surgery▶\n", "write `Surgery:`"),
    Broken("no colon in a setting", "    station: X-Ray\n", "    station▶ X-Ray\n", "write `station: X-Ray`"),
    Broken("no colon before a list", "    aliases:\n      - face", "    aliases▶\n      - face", "write `aliases:`"),
    Broken("no colon in the last group", "examples:\n", "examples▶\n", "write `examples:`"),
    Broken("no space after a colon", "    station: X-Ray\n", "    station▶:X-Ray\n", "write `station: X-Ray`"),
    Broken("no space after the first colon", "version: 1", "version▶:1", "write `version: 1`"),
    Broken("no space after a colon in braces", "{form: id}", "{▶form:id}", "write a space after the colon: `form: id`"),
    Broken("an equals sign", "late_headshots: hold", "late_headshots ▶= hold", "write `late_headshots: hold`"),
    Broken("a setting too deep", "    aliases: [x-ray", "      ▶aliases: [x-ray", "put 4 spaces, as line 24"),
    Broken("a setting between two depths", "    longest_edge", "   ▶longest_edge", "put 4 spaces, as line 25"),
    Broken("a type not deep enough", "  Xray:\n", " ▶Xray:\n", "put 2 spaces"),
    Broken("a dash not deep enough", "      - cara\n", "     ▶- cara\n", "put 6 spaces"),
    Broken("a dash too deep", "      - cara\n", "        ▶- cara\n", "put 6 spaces before the dash"),
    Broken("no dash", "      - foto de cara\n", "      ▶foto de cara\n", "write `- foto de cara`"),
    Broken("no dash between dashes", "      - cara\n", "      ▶cara\n", "write `- cara`"),
    Broken("no space after a dash", "      - cara\n", "      ▶-cara\n", "write `- cara`"),
    Broken("a type at the edge", "  Surgery:\n", "▶Surgery:\n", "put 2 spaces before it"),
    Broken("the last type at the edge", "  Audiogram: {", "▶Audiogram: {", "put 2 spaces before it"),
    Broken("a setting as deep as its type", "    station: X-Ray\n", "  ▶station: X-Ray\n", "put 4 spaces before it"),
    Broken("a group as deep as a type", "stations:\n", "  ▶stations:\n", "at the beginning of its line"),
    Broken("a last setting as deep as its type", "    longest_edge", "  ▶longest_edge", "put more spaces before it"),
    Broken("a setting at the edge", "  otherwise: today\n", "▶otherwise: today\n", "belongs under `clinic`"),
    Broken(
        "an open quote",
        '{name: "#123-21-Nov-2026-10-11-12.jpg"',
        '{name: ▶"#123-21-Nov-2026-10-11-12.jpg',
        'write " where',
    ),
    Broken("an open quote in a list", "      - cara\n", '      - ▶"cara\n', 'write " where the text ends'),
    Broken("an open single quote", "'TJ-?([0-9]{3,6})'", "▶'TJ-?([0-9]{3,6})", "write ' where the text ends"),
    Broken("text after a quote", "      - face\n", '      - "face" ▶photo\n', "put all of the value inside"),
    Broken(
        "an open bracket", "[x-ray, radiografía, rayos x]", "▶[x-ray, radiografía, rayos x", "write `]` where it ends"
    ),
    Broken("an open brace", "ENT: {aliases: [orl]}", "ENT: ▶{aliases: [orl]", "write `}` where it ends"),
    Broken("the wrong bracket", "[hearing, audiometría]", "▶[hearing, audiometría)", "write `]` where it ends"),
    Broken("a bracket too many", "[photo, foto, image]", "[photo, foto, image]▶]", "remove it"),
    Broken("no comma in braces", 'until: "12:00", station', 'until: "12:00" ▶station', "no comma before `station`"),
    Broken(
        "a `#` in braces",
        '"#123-21-Nov-2026-10-11-12.jpg"',
        "▶#123-21-Nov-2026-10-11-12.jpg",
        'in quotes: "#123-21-Nov',
    ),
    Broken("a `#` in brackets", "[photo, foto, image]", "[photo, ▶#foto, image]", 'in quotes: "#foto"'),
    Broken("a `#` in a list", "      - cara\n", "      - ▶#cara\n", 'put the text in quotes: "#cara"'),
    Broken(
        "a `#` after a name",
        '- name: "#old-1001-post-op-21-Nov-2026-10-11-12.jpg"',
        "- name: ▶#old-1001.jpg",
        "in quotes",
    ),
    Broken("a colon in a text", "    station: X-Ray\n", "    station: Room▶: X-Ray\n", "in quotes"),
    Broken(
        "two settings on a line", "    station: X-Ray\n", "    station: X-Ray longest_edge▶: 9\n", "on its own line"
    ),
    Broken("an @ at the beginning", "      - cara\n", "      - ▶@cara\n", 'put the text in quotes: "@cara"'),
    Broken("a star at the beginning", "      - cara\n", "      - ▶*cara\n", 'put the text in quotes: "*cara"'),
    Broken("a backslash in double quotes", "'TJ-?([0-9]{3,6})'", '"TJ-?(▶\\d{3,6})"', "use single quotes"),
    Broken(
        "marks of a merge",
        "late_headshots: hold\n",
        "▶<<<<<<< HEAD\nlate_headshots: hold\n=======\n>>>>>>> ana\n",
        "keep one",
    ),
    Broken("the marks of a page", "version: 1\n", "▶```yaml\nversion: 1\n", "remove it"),
    Broken("a second document", "stations:\n", "▶---\nstations:\n", "remove the line `---`"),
    Broken(
        "spaces copied from a page",
        "    longest_edge",
        "▶\u00a0\u00a0\u00a0\u00a0longest_edge",
        "type the spaces again",
    ),
    Broken("Latin-1", "radiografía, rayos", "radiograf▶ía, rayos", "save it again as UTF-8", encoding="latin-1"),
    Broken("UTF-16", "# Mapping", "▶# Mapping", "save it again as UTF-8", encoding="utf-16"),
    Broken(
        "Windows line ends and a mistake",
        "  tags: {",
        "  tgas: {".replace("tgas", "▶tgas"),
        "did you mean `tags`?",
        line_end="\r\n",
    ),
    Broken(
        "a byte order mark and a mistake",
        "late_headshots",
        "▶late_headshot",
        "did you mean `late_headshots`?",
        "utf-8-sig",
    ),
    Broken("line ends of an old Mac and a mistake", "types:\n", "types▶\n", "write `types:`", line_end="\r"),
    # settings and values
    Broken("a group misspelt", "stations:\n", "▶sations:\n", "did you mean `stations`?"),
    Broken("a group twice", "ignore: [", "▶stations:\n  PT:\nignore: [", "first on line 33); remove one"),
    Broken("a setting twice", "    longest_edge: 3000\n", "    ▶station: X-Ray\n", "first on line 24); remove one"),
    Broken("a setting of a type misspelt", "    longest_edge", "    ▶longst_edge", "did you mean `longest_edge`?"),
    Broken("a setting of an example misspelt", "    patient: oldid", "    ▶pacient: oldid", "did you mean `patient`?"),
    Broken("a setting of an hour misspelt", 'until: "12:00"', '▶untill: "12:00"', "did you mean `until`?"),
    Broken("a setting of a rule misspelt", "    check_digit", "    ▶chek_digit", "did you mean `check_digit`?"),
    Broken("a type misspelt", "  Headshot:\n", "  ▶Headshoot:\n", "did you mean `Headshot`?"),
    Broken("a type in small letters", "  Surgery:\n", "  ▶surgery:\n", "did you mean `Surgery`?"),
    Broken("a form misspelt", "{form: id}", "{▶form: idd}", "did you mean `id`?"),
    Broken("an example's type misspelt", "type: Audiogram}", "▶type: Audiograma}", "did you mean `Audiogram`?"),
    Broken("a station misspelt", "    station: X-Ray\n", "    ▶station: X-Rey\n", "did you mean `X-Ray`?"),
    Broken("a default station misspelt", "  station: Dental1", "  ▶station: Dental", "did you mean `Dental1`?"),
    Broken("a station of an hour misspelt", "station: ENT}", "▶station: EMT}", "did you mean `ENT`?"),
    Broken(
        "an example's station misspelt",
        "station: Registration}\n  - {name",
        "▶station: Registracion}\n  - {name",
        "`Registration`?",
    ),
    Broken("a reason misspelt", "held: no-type", "▶held: no-tipe", "did you mean `no-type`?"),
    Broken(
        "a requirement misspelt",
        "[registered-today]",
        "[▶registerd-today]",
        "must be `registered-today` or `photo-consent`; did you mean `registered-today`?",
    ),
    Broken(
        "late headshots misspelt",
        "late_headshots: hold",
        "▶late_headshots: hol",
        "must be `hold` or `send`; did you mean `hold`?",
    ),
    Broken("an old version", "version: 1", "▶version: 2", "must be 1"),
    Broken("a list without brackets", "aliases: [orl]", "▶aliases: orl, otorrino", "must be a list"),
    Broken("a form left out", "  old-number:\n    form: oldid\n", "  ▶old-number:\n", "is missing; add it"),
    Broken(
        "an alias of two types",
        "      - post-op\n",
        "      - post-op\n      - ▶cara\n",
        "remove or change one of the two",
    ),
    Broken(
        "an alias of two types but for the accent", "      - post-op\n", "      - ▶RADIOGRAFIA\n", "(`radiografía`)"
    ),
    Broken("an alias of two types but for the space", "      - post-op\n", "      - ▶Rayosx\n", "(`rayos x`)"),
    Broken("an alias that a station has", "[dental, dentista]", "[dental, ▶face]", "remove or change one of the two"),
    Broken("a number as alias", "      - cara\n", "      - ▶12\n", "use a word with letters"),
    Broken("an alias like a number of the old system", "      - cara\n", "      - ▶viejo 5\n", "use another word here"),
    Broken("an alias in curly quotes", "      - face\n", "      - ▶“face”\n", 'write "face"'),
    Broken(
        "an example in curly quotes",
        '{name: "#123-21-Nov-2026-10-11-12.jpg"',
        "{▶name: “#123-21-Nov-2026-10-11-12.jpg”",
        "type plain quotes",
    ),
    Broken("a prefix with a digit", "[old, viejo]", "[old, ▶viejo1]", "a word without digits"),
    Broken("a prefix for a CURP", "    check_digit: true\n", "    ▶prefix: [curp]\n", "takes no prefix; remove it"),
    Broken(
        "two rules with one prefix",
        "  wristband:\n    form: oldid\n    pattern: 'TJ-?([0-9]{3,6})'",
        "  ▶wristband:\n    form: id\n    prefix: [viejo]",
        "give one of the two another `prefix`",
    ),
    Broken(
        "two rules for a number",
        "  wristband:\n    form: oldid\n    pattern: 'TJ-?([0-9]{3,6})'\n",
        "  ▶wristband:\n    form: oldid\n",
        "by `chart-number` on line 5",
    ),
    Broken("a pattern without a group", "pattern: 'TJ-?([0-9]{3,6})'", "▶pattern: 'TJ-?[0-9]{3,6}'", "put parentheses"),
    Broken("a pattern that is none", "pattern: 'TJ-?([0-9]{3,6})'", "▶pattern: 'TJ-?([0-9]{3,6}'", "mend it"),
    Broken(
        "a pattern that no number fits",
        "pattern: 'TJ-?([0-9]{3,6})'",
        "▶pattern: 'TJ ([0-9]{3,6})'",
        "spaces arrive as `-`",
    ),
    Broken(
        "a pattern that reads another rule's numbers as another patient's",
        "    form: oldid\n    pattern: 'TJ-?([0-9]{3,6})'",
        "    form: id\n    ▶pattern: '(?:TJ|old)-?([0-9]{3,6})'",
        "change one of the two so that no name fits both",
    ),
    Broken("hours that overlap", '- {from: "12:00"', '- ▶{from: "11:00"', "line 50"),
    Broken("an hour that is none", 'until: "18:00"', '▶until: "18.00"', "a time of the day such as"),
    Broken("a day that is none", '"2026-11-21": 2', '▶"21-11-2026": 2', "`2026-11-21`"),
    Broken("a day that the calendar lacks", '"2026-11-21": 2', '▶"2026-11-31": 2', "day"),
    Broken("days that overlap", '"2026-11-22..2026-11-24"', '▶"2026-11-21..2026-11-24"', "line 42"),
    Broken("a clinic by name", "otherwise: today", "▶otherwise: ensenada", "`today` or the number"),
    Broken(
        "an example that expects nothing",
        '- {name: "#123-audiometria-21-Nov-2026-10-11-12.jpg", type: Audiogram}',
        '- ▶{name: "#123-audiometria.jpg"}',
        "add `patient:`",
    ),
    Broken("an example's patient with a letter", "    patient: oldid 1001", "    ▶patient: old 1001", "`oldid 1001`"),
    Broken(
        "an example with another patient",
        '- {name: "#123-rayos-x-21-Nov-2026-10-11-12.jpg", patient: 123',
        '- ▶{name: "#123-rayos-x-21-Nov-2026-10-11-12.jpg", patient: 132',
        "mend the example",
    ),
    Broken(
        "an example of an alias with a typo",
        '- name: "#old-1001-post-op-21-Nov-2026',
        '- ▶name: "#old-1001-post-opp-21-Nov-2026',
        "mend the example or the rules",
    ),
    Broken("a practice misspelt", "{ensenada: Registration}", "{▶enseñada: Registration}", "did you mean `ensenada`?"),
    Broken("an edge too long", "longest_edge: 3000", "▶longest_edge: 3000px", "must be a whole number"),
]
