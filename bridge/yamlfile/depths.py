"""Mistakes of indentation: lines that stand deeper or less deep than the ones they belong with."""

from bridge.yamlfile.lines import Line, Mistake, Scan, Stop, short, spaces

_STEP = 2
_MOST_ODD = 0.1


def odd_depth(scanned: Scan, stop: Stop) -> Mistake | None:
    """An odd number of spaces in a file that has even ones."""
    lines = [line for line in scanned.lines if line.content]
    odd = [line for line in lines if line.indent % _STEP]
    if not odd or len(odd) > max(1, len(lines) * _MOST_ODD) or odd[0].number > stop.line:
        return None
    line, above = odd[0], scanned.before(odd[0].number)
    wanted = line.indent - 1
    if above and (wanted == 0 or above.indent in (wanted + 2, *([wanted] if above.content.endswith(":") else []))):
        wanted = line.indent + 1
    near = next((each for each in reversed(lines) if each.indent == wanted and each.number < line.number), None)
    return Mistake(
        line.number, line.indent + 1, _depth(line, spaces(wanted) + (f", as line {near.number}" if near else ""))
    )


def no_dash(scanned: Scan, stop: Stop) -> Mistake | None:
    """`{name: ...}` without its dash among others that have one."""
    around = [line for line in scanned.lines[: stop.line] if line.content][-3:]
    for line in around:
        beside = (
            scanned.before(line.number),
            next((each for each in scanned.lines[line.number :] if each.content), None),
        )
        if line.content[0] in "{\"'" and any(
            each and each.indent == line.indent and each.content.startswith("- ") for each in beside
        ):
            message = f"has no dash, as the lines beside it; write `- {short(line.content)}`"
            return Mistake(line.number, line.indent + 1, message)
    return None


def too_deep(scanned: Scan, stop: Stop) -> Mistake | None:
    """A setting deeper than the one above, which has a value of its own."""
    line, above = scanned.lines[stop.line - 1], scanned.before(stop.line)
    if "mapping values" not in stop.reason or above is None or line.indent <= above.indent:
        return None
    return _deeper(line, above, scanned)


def between_depths(scanned: Scan, stop: Stop) -> Mistake | None:
    """A line at a depth at which nothing stands that it could belong with."""
    line = scanned.lines[stop.line - 1]
    if "expected <block end>" not in stop.reason or stop.column - 1 != line.indent:
        return None
    if line.content.startswith("- ") and line.indent == scanned.lines[stop.since - 1].indent:
        message = "is an item of a list where a setting `name: value` belongs; indent it under the setting it is for"
        return Mistake(line.number, line.indent + 1, message)
    above = [each for each in scanned.lines[: stop.line - 1] if each.content]
    if above and above[-1].indent < line.indent:
        return _deeper(line, above[-1], scanned)
    hollow = _hollow(above, line)
    if hollow:
        return hollow
    nearest = min(above, key=lambda each: (abs(each.indent - line.indent), -each.number), default=None)
    if nearest and nearest.indent == line.indent:
        odd = next((each for each in reversed(above) if each.indent < line.indent), line)
        inside = [each for each in above if each.number > odd.number]
        begins_a_group = odd.indent > 0 or odd.number == 1 or not scanned.lines[odd.number - 2].text.strip()
        if len(inside) == 1 and begins_a_group:
            return Mistake(
                inside[0].number,
                inside[0].indent + 1,
                _depth(inside[0], f"{spaces(line.indent)}, as line {line.number}"),
            )
        message = f"ends what the lines before and after it belong to; put {spaces(line.indent)} before it"
        return Mistake(odd.number, odd.indent + 1, message)
    wanted = f"{spaces(nearest.indent)}, as line {nearest.number}" if nearest else "none"
    return Mistake(line.number, line.indent + 1, _depth(line, wanted))


def _deeper(line: Line, above: Line, scanned: Scan) -> Mistake:
    """A line deeper than the one above, which cannot hold it: one of the two stands at the wrong depth."""
    opener = scanned.before(above.number)
    if opener and opener.indent == above.indent and opener.content.endswith(":"):
        message = f"belongs to line {opener.number}; put {spaces(line.indent)} before it, as line {line.number} has"
        return Mistake(above.number, above.indent + 1, message)
    return Mistake(line.number, line.indent + 1, _depth(line, f"{spaces(above.indent)}, as line {above.number}"))


def _hollow(above: list[Line], line: Line) -> Mistake | None:
    """A name without a value, as deep as the line after it, above a line that neither of the two goes with."""
    start = next((place for place in range(len(above) - 1, -1, -1) if above[place].indent < line.indent), 0)
    for first, after in zip(above[max(0, start - 1) :], above[max(1, start) :], strict=False):
        if first.content.endswith(":") and first.indent == after.indent and not after.content.startswith("- "):
            if first.indent > line.indent:
                message = f"is as deep as line {after.number}, which belongs to it; put {spaces(line.indent)} before it"
                return Mistake(first.number, first.indent + 1, message)
            message = f"belongs to line {first.number}; put {spaces(line.indent)} before it"
            return Mistake(after.number, after.indent + 1, message)
    return None


def _depth(line: Line, wanted: str) -> str:
    return f"is indented by {spaces(line.indent)}; put {wanted}, or as many as the lines that it belongs with"
