"""What people get wrong in YAML with a text editor: from the parser's complaint to the place and the fix.

A YAML parser stops where it can go on no longer, often lines after the mistake. Here the text before that place is
looked through for the usual mistakes, and the first that explains the stop is told.
"""

import re
from collections.abc import Callable, Iterator

from bridge.yamlfile.depths import between_depths, no_dash, odd_depth, too_deep
from bridge.yamlfile.lines import Line, Mistake, Scan, Stop, scan, short, spaces

_MERGE_MARK = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?: |\Z)")
_ODD_INDENT = re.compile(r"[ \t]*([\u00a0\u1680\u2000-\u200d\u202f\u205f\u3000\ufeff])[\s\u200b-\u200d\ufeff]*")
_NO_SPACE = re.compile(r"(?:- +)?[^\W\d][\w-]*(:)(?=[^\s:/\\])")
_TAKEN_FOR_COMMENT = re.compile(r":?[ \t]*(#+[^\s#][^\r\n]*)")
_CLOSERS = {"[": "]", "{": "}"}


def find_mistake(text: str, stop: Stop) -> Mistake:
    """The mistake because of which a parser stopped, as near as it can be told."""
    scanned = scan(text)
    found = (finder(scanned, stop) for finder in _FINDERS)
    return next(filter(None, found), None) or _unknown(stop)


def joined_lines(text: str, number: int, column: int) -> Mistake:
    """Why a text that begins at this place goes on in the next line, which a parser takes and nobody means."""
    scanned = scan(text)
    first = scanned.lines[number - 1]
    after = next((line for line in scanned.lines[number:] if line.content), first)
    if first.text[column - 1 : column] in ("'", '"'):
        quote = first.text[column - 1]
        return Mistake(
            number, column, f"opens a quote that is not closed on this line; write {quote} where the text ends"
        )
    if after.content.startswith("- ") and not first.content.startswith("- "):
        name = first.content
        return Mistake(
            number, first.indent + len(name) + 1, f"has no colon after `{short(name)}`; write `{short(name)}:`"
        )
    third = next((line for line in scanned.lines[after.number :] if line.content), first)
    if after.content.startswith("- ") and third.indent == after.indent != first.indent and third.content[:2] == "- ":
        message = f"is not as deep as the items below; put {spaces(after.indent)} before the dash"
        return Mistake(number, first.indent + 1, message)
    if after.content.startswith("- "):
        fix = f"put {spaces(first.indent)} before the dash, as in that line"
    elif first.content.startswith("- "):
        fix = f"write `- {short(after.content)}` to make it an item of the list"
    else:
        fix = "write `name: value` there, or put all of the text on one line"
    return Mistake(after.number, after.indent + 1, f"is read as one text with line {number} above; {fix}")


def comment_after(text: str, position: int) -> tuple[str, int] | None:
    """A text that is taken for a comment because of its `#`, on the same line after a dash or colon, and its index."""
    match = _TAKEN_FOR_COMMENT.match(text, position)
    return (re.split(r"\s#", match[1])[0].strip(), match.start(1)) if match else None


def plain_mistake(text: str) -> Mistake | None:
    """A mistake that is one whatever a parser says: marks of a merge, or spaces that only look like spaces."""
    scanned = scan(text)
    return _merge_marks(scanned) or _odd_indent(scanned)


def _merge_marks(scanned: Scan) -> Mistake | None:
    for line in scanned.lines:
        if line.text.startswith("```"):
            return Mistake(line.number, 1, "is a mark of the page that the text was copied from; remove it")
        if _MERGE_MARK.match(line.text):
            return Mistake(
                line.number,
                1,
                "is the mark of a merge of two versions; keep one version and remove the lines that begin with "
                "`<<<<<<<`, `=======` and `>>>>>>>`",
            )
    return None


def _odd_indent(scanned: Scan) -> Mistake | None:
    for line in scanned.lines:
        odd = _ODD_INDENT.match(line.text)
        if odd and line.content:
            message = "begins with a character that only looks like a space; type the spaces again"
            return Mistake(line.number, odd.start(1) + 1, message)
    return None


def _tab(scanned: Scan, stop: Stop) -> Mistake | None:
    for line in _until(scanned, stop):
        indent = line.text[: len(line.text) - len(line.text.lstrip(" \t"))]
        if "\t" in indent and line.content:
            message = "begins with a tab, which YAML does not take; put spaces in its place"
            return Mistake(line.number, indent.index("\t") + 1, message)
    if r"'\t'" not in stop.reason:
        return None
    return Mistake(stop.line, stop.column, "has a tab here, which YAML does not take; put a space in its place")


def _open_quote(scanned: Scan, stop: Stop) -> Mistake | None:
    quote = scanned.open_quote
    if quote is None or quote.line > stop.line:
        return None
    message = f"opens a quote that is not closed on this line; write {quote.sign} where the text ends"
    return Mistake(quote.line, quote.column, message)


def _hash_in_brackets(scanned: Scan, stop: Stop) -> Mistake | None:
    """`{name: #123.jpg, patient: 123}`: what follows the `#` is lost, the closing bracket too."""
    for place in scanned.comments_in_brackets:
        line = scanned.lines[place.line - 1]
        lost = line.text[place.column - 1 :]
        if place.line <= stop.line and any(closer in lost for closer in _CLOSERS.values()):
            word = re.split(r"[,\]}]", lost)[0].strip()
            message = f'begins a comment at the `#`, so the rest of the line is lost; put the text in quotes: "{word}"'
            return Mistake(place.line, place.column, message)
    return None


def _open_bracket(scanned: Scan, stop: Stop) -> Mistake | None:
    bracket = scanned.open_bracket
    if bracket is None or bracket.line > stop.line:
        return None
    message = f"opens a `{bracket.sign}` that is not closed; write `{_CLOSERS[bracket.sign]}` where it ends"
    return Mistake(bracket.line, bracket.column, message)


def _closing_bracket(scanned: Scan, stop: Stop) -> Mistake | None:
    bracket = scanned.stray_closer
    if bracket is None or bracket.line > stop.line:
        return None
    return Mistake(bracket.line, bracket.column, f"closes with `{bracket.sign}` what was not opened; remove it")


def _no_space_after_colon(scanned: Scan, stop: Stop) -> Mistake | None:
    for line in _suspects(scanned, stop):
        match = _NO_SPACE.match(line.content)
        if match:
            fixed = f"{line.content[: match.end()]} {line.content[match.end() :]}"
            column = line.indent + match.start(1) + 1
            return Mistake(line.number, column, f"has no space after the colon; write `{short(fixed)}`")
    return None


def _no_space_after_dash(scanned: Scan, stop: Stop) -> Mistake | None:
    for line in _suspects(scanned, stop):
        if re.match(r"-[^-\s]", line.content):
            fixed = f"- {line.content[1:]}"
            return Mistake(line.number, line.indent + 1, f"has no space after the dash; write `{short(fixed)}`")
    return None


def _equals_sign(scanned: Scan, stop: Stop) -> Mistake | None:
    for line in _suspects(scanned, stop):
        match = re.match(r"([\w-]+)\s*(=|：)\s*(.*)", line.content)
        if match:
            message = f"has `{match[2]}` for a colon; write `{short(f'{match[1]}: {match[3]}')}`"
            return Mistake(line.number, line.indent + match.start(2) + 1, message)
    return None


def _two_settings_on_a_line(scanned: Scan, stop: Stop) -> Mistake | None:
    if "mapping values" not in stop.reason:
        return None
    line = scanned.lines[stop.line - 1]
    if ": " not in line.text[line.indent : stop.column - 1]:
        return None
    message = "has a second colon; put what stands after the first in quotes, or each setting on its own line"
    return Mistake(stop.line, stop.column, message)


def _no_colon(scanned: Scan, stop: Stop) -> Mistake | None:
    """A name without its colon runs on into the next line, at whose own colon the parser stops."""
    if not re.search(r"mapping values|expected ':'|<document start>", stop.reason):
        return None
    suspects = [line for line in scanned.lines[stop.since - 1 : stop.line] if line.content]
    line = suspects[0] if "expected ':'" in stop.reason and suspects else scanned.before(stop.line)
    if line is None or re.search(r":(\s|\Z)", line.content):
        return None
    name, _, rest = line.content.removeprefix("- ").partition(" ")
    end = line.text.index(name, line.indent) + len(name) + 1
    if line.content.startswith("- ") or not re.fullmatch(r"[\w-]+", name):
        message = f"is followed by a line that is no part of it; check the indentation of line {stop.line}"
        return Mistake(line.number, line.indent + 1, message)
    before = scanned.before(line.number)
    if before and before.content.startswith("- ") and before.indent == line.indent:
        message = f"has no dash, as the line above; write `- {short(line.content)}`"
        return Mistake(line.number, line.indent + 1, message)
    fixed = f"{name}: {rest}" if rest else f"{name}:"
    return Mistake(line.number, end, f"has no colon after `{short(name)}`; write `{short(fixed)}`")


def _no_comma(scanned: Scan, stop: Stop) -> Mistake | None:
    if not re.search(r"expected ',' or '[\]}]'", stop.reason):
        return None
    before = scanned.lines[stop.line - 1].text[: stop.column - 1]
    word = re.search(r"[^\s,\[\]{}]+\Z", before) if "got ':'" in stop.reason else None
    column = word.start() + 1 if word else stop.column
    word = word or re.match(r"[^\s,\[\]{}:]+", scanned.lines[stop.line - 1].text[stop.column - 1 :])
    shown = f" before `{short(word[0])}`" if word else " here"
    return Mistake(stop.line, column, f"has no comma{shown}; write one between each two things in brackets")


def _after_quotes(scanned: Scan, stop: Stop) -> Mistake | None:
    before = scanned.lines[stop.line - 1].text[: stop.column - 1].rstrip()
    if "expected <block end>" not in stop.reason or before[-1:] not in ("'", '"', "]", "}"):
        return None
    message = f"goes on after the closing {before[-1]}; put all of the value inside, or remove the rest"
    return Mistake(stop.line, stop.column, message)


def _needs_quotes(scanned: Scan, stop: Stop) -> Mistake | None:
    if not re.search(
        r"cannot start any token|undefined alias|alphabetic or numeric|block scalar|chomping|a comment or a line break",
        stop.reason,
    ):
        return None
    text = scanned.lines[stop.line - 1].text
    start = stop.column - 1
    while start > 0 and text[start - 1] not in " \t[{,":
        start -= 1
    if not re.search(r"token|undefined", stop.reason) and text[:start].rstrip()[-1:] in tuple("&*|>"):
        start = len(text[:start].rstrip()) - 1
    word = re.split(r"[,\]}]|\s#", text[start:])[0].strip()
    message = f'has a `{word[:1]}`, which means something in YAML; put the text in quotes: "{short(word)}"'
    return Mistake(stop.line, start + 1, message)


def _backslash(scanned: Scan, stop: Stop) -> Mistake | None:
    if "escape character" not in stop.reason:
        return None
    text = scanned.lines[stop.line - 1].text
    column = text.rfind("\\", 0, stop.column) + 1 or stop.column
    return Mistake(stop.line, column, "has a `\\` between double quotes; use single quotes, as in 'TJ-\\d+'")


def _second_document(scanned: Scan, stop: Stop) -> Mistake | None:
    if "another document" not in stop.reason:
        return None
    return Mistake(stop.line, 1, "begins a second document; remove the line `---` or `...` in the middle of the file")


_Finder = Callable[[Scan, Stop], Mistake | None]
_FINDERS: tuple[_Finder, ...] = (
    _tab,
    _open_quote,
    _hash_in_brackets,
    _open_bracket,
    _closing_bracket,
    _backslash,
    _second_document,
    _needs_quotes,
    _no_comma,
    _after_quotes,
    no_dash,
    _no_space_after_colon,
    _no_space_after_dash,
    _equals_sign,
    odd_depth,
    _two_settings_on_a_line,
    _no_colon,
    too_deep,
    between_depths,
)


def _unknown(stop: Stop) -> Mistake:
    message = f"does not follow YAML's rules ({stop.reason}); check indentation, colons and quotes here"
    return Mistake(stop.line, stop.column, message)


def _suspects(scanned: Scan, stop: Stop) -> list[Line]:
    """The lines in which the parser was stuck, and the one before, which may have run on into them."""
    before = scanned.before(stop.since)
    return [*([before] if before else []), *scanned.lines[stop.since - 1 : stop.line]]


def _until(scanned: Scan, stop: Stop) -> Iterator[Line]:
    return iter(scanned.lines[: stop.line])
