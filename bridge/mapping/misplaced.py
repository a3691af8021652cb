"""Settings that are right but stand at the wrong depth, where other words are expected."""

from dataclasses import replace

from bridge.errors import Problem
from bridge.mapping.schema import MappingSchema
from bridge.targets import ImageType

_GROUPS = frozenset(MappingSchema().fields)
_OF_A_RULE = ("form", "prefix", "pattern", "check_digit")
_OF_A_TYPE = ("aliases", "station", "longest_edge", "lowest_quality")


def seen_as_misplaced(problem: Problem) -> Problem:
    """The same problem, told as what it is when a setting of another depth was taken for an unknown name."""
    group, _, name = problem.field.partition(".")
    if not name and group in list(ImageType):
        return replace(problem, message="is an image type, which belongs under `types`; put 2 spaces before it")
    if group == "types" and name in _GROUPS:
        message = f"is no image type but a group of its own; put `{name}:` at the beginning of its line"
        return replace(problem, message=message)
    if group == "types" and name in _OF_A_TYPE:
        message = "belongs to an image type; put more spaces before it than before the type's name"
        return replace(problem, message=message)
    if group == "patient" and name in _OF_A_RULE:
        message = "belongs to a way of naming a patient; put more spaces before it than before the name of that"
        return replace(problem, message=message)
    return problem
