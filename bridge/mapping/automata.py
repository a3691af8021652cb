"""Words that several expressions match at once, found by walking through all of them together."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from bridge.mapping.expressions import LETTERS, Captured, Chars, Choice, Expression, Repeat
from bridge.mapping.expressions import Sequence as InTurn

_MOST_STATES = 1500
_MOST_VISITS = 4
_LETTERS_TRIED = 2
_LONGEST = 30
_ORDER = {letter: place for place, letter in enumerate(LETTERS)}
_DASH = Chars(frozenset("-"))


@dataclass
class Effort:
    """How many ways may still be looked at."""

    left: int

    def spend(self, ways: int) -> bool:
        """True when there was so much left."""
        self.left -= ways
        return self.left >= 0


class TooLargeError(Exception):
    """An expression stands for more than can be looked through."""


@dataclass(frozen=True)
class _Edge:
    among: frozenset[str]
    to: int
    inside: bool


@dataclass
class Automaton:
    """An expression as states and the characters that lead from one to another. Raises TooLargeError when made.

    With letters `around`, other words of these may stand before and after what the expression matches.
    """

    expression: Expression
    around: frozenset[str] = frozenset()
    _edges: list[list[_Edge]] = field(default_factory=list)
    _free: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.end = self._state()
        word = Repeat(Chars(self.around), 1, None)
        if self.around:
            self.end = self._add(Repeat(InTurn((word, _DASH)), 0, None), self.end, False)
        self.end = self._add(self.expression, self.end, True)
        if self.around:
            self.end = self._add(Repeat(InTurn((_DASH, word)), 0, None), self.end, False)

    @cached_property
    def steps(self) -> list[tuple[list[_Edge], bool]]:
        """For each state the characters that lead on, and whether it may be the end."""
        found = []
        for state in range(len(self._edges)):
            reached = self._reached(state)
            found.append(([edge for each in reached for edge in self._edges[each]], self.end in reached))
        return found

    def _reached(self, state: int) -> set[int]:
        reached, waiting = {state}, [state]
        while waiting:
            for each in self._free[waiting.pop()]:
                if each not in reached:
                    reached.add(each)
                    waiting.append(each)
        return reached

    def _state(self) -> int:
        if len(self._edges) >= _MOST_STATES:
            raise TooLargeError
        self._edges.append([])
        self._free.append([])
        return len(self._edges) - 1

    def _add(self, part: Expression, start: int, inside: bool) -> int:
        """Enter an expression that begins in a state, and give the state in which it ends."""
        if isinstance(part, Chars):
            end = self._state()
            self._edges[start].append(_Edge(part.among, end, inside))
            return end
        if isinstance(part, Captured):
            return self._add(part.part, start, inside)
        if isinstance(part, Repeat):
            return self._add_repeat(part, start, inside)
        if isinstance(part, Choice):
            end = self._state()
            for way in part.ways:
                begin = self._state()
                self._free[start].append(begin)
                self._free[self._add(way, begin, inside)].append(end)
            return end
        for each in part.parts:
            start = self._add(each, start, inside)
        return start

    def _add_repeat(self, repeat: Repeat, start: int, inside: bool) -> int:
        for _ in range(repeat.least):
            start = self._add(repeat.part, start, inside)
        end = self._state()
        self._free[start].append(end)
        if repeat.most is None:
            begin = self._state()
            self._free[start].append(begin)
            again = self._add(repeat.part, begin, inside)
            self._free[again] += [begin, end]
            return end
        for _ in range(repeat.most - repeat.least):
            start = self._add(repeat.part, start, inside)
            self._free[start].append(end)
        return end


def shared_words(groups: Sequence[Sequence[Automaton]], effort: Effort, each_length: bool = False) -> Iterator[str]:
    """Texts that all of the automata match, the shortest first, with a character inside all their expressions. The
    expressions of one group match the same part of a text; outside all groups' parts there is nothing.

    There are some texts for each way in which the parts can overlap: the same words, one within the other, one before
    the other. With `each_length`, there are some of every length up to 30 in which they match, which takes longer.
    """
    automata = [automaton for group in groups for automaton in group]
    waiting = deque([_Place(tuple(automaton.start for automaton in automata), (), "")])
    visits: Counter[tuple[tuple[int, ...], tuple[_Inside, ...], int]] = Counter()
    while waiting:
        place = waiting.popleft()
        if any(map(all, place.overlap)) and all(
            a.steps[state][1] for a, state in zip(automata, place.states, strict=True)
        ):
            yield place.text
        moves = list(_moves(groups, place))
        if not effort.spend(len(moves)):
            return
        for after in moves:
            length = len(place.text) if each_length else 0
            here = (after.states, after.overlap, length)
            visits[here] += 1
            if visits[here] <= _MOST_VISITS and length < _LONGEST:
                waiting.append(after)


_Inside = tuple[bool, ...]
"""For each group whether a character is in the part that it matches."""


@dataclass(frozen=True)
class _Place:
    """A text so far, the automata's states after it, and inside which groups it was, one after another."""

    states: tuple[int, ...]
    overlap: tuple[_Inside, ...]
    text: str


def _moves(groups: Sequence[Sequence[Automaton]], place: _Place) -> Iterator[_Place]:
    """Each way on for all of the automata at once."""
    ways: list[tuple[frozenset[str] | None, tuple[int, ...], _Inside]] = [(None, (), ())]
    for group in groups:
        for index, automaton in enumerate(group):
            ways = [
                (common, (*after, edge.to), inside if index else (*inside, edge.inside))
                for among, after, inside in ways
                for edge in automaton.steps[place.states[len(after)]][0]
                if (common := edge.among if among is None else among & edge.among)
                and (not index or inside[-1] is edge.inside)
            ]
    for among, after, inside in ways:
        if among and any(inside):
            overlap = place.overlap if place.overlap[-1:] == (inside,) else (*place.overlap, inside)
            for letter in _plainest(among):
                yield _Place(after, overlap, place.text + letter)


@lru_cache(maxsize=1024)
def _plainest(among: frozenset[str]) -> list[str]:
    return sorted(among, key=lambda each: (_ORDER.get(each, len(_ORDER)), each))[:_LETTERS_TRIED]
