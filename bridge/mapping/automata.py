"""Words that several expressions match at once, found by walking through all of them together."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bridge.mapping.expressions import LETTERS, Captured, Chars, Choice, Expression, Repeat
from bridge.mapping.expressions import Sequence as InTurn

_MOST_STATES = 1500
_MOST_VISITS = 4
_LETTERS_TRIED = 2
_LONGEST = 30
_ORDER = {letter: place for place, letter in enumerate(LETTERS)}
_WORD = Repeat(Chars(frozenset(LETTERS) - {"-"}), 1, None)
_DASH = Chars(frozenset("-"))
_BEFORE = Repeat(InTurn((_WORD, _DASH)), 0, None)
_AFTER = Repeat(InTurn((_DASH, _WORD)), 0, None)


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

    With `among_words`, other words may stand before and after what the expression matches.
    """

    expression: Expression
    among_words: bool = False
    _edges: list[list[_Edge]] = field(default_factory=list)
    _free: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self._state()
        end = self.start
        if self.among_words:
            end = self._add(_BEFORE, end, False)
        end = self._add(self.expression, end, True)
        self.end = self._add(_AFTER, end, False) if self.among_words else end

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


def shared_words(automata: Sequence[Automaton], effort: Effort, each_length: bool = False) -> Iterator[str]:
    """Texts that all of the automata match, the shortest first, with a character inside all their expressions.

    With `each_length`, there are some of every length up to 30 in which they match, which takes longer.
    """
    first = tuple(automaton.start for automaton in automata)
    waiting = deque([(first, False, "")])
    visits: Counter[tuple[tuple[int, ...], bool, int]] = Counter()
    while waiting:
        states, met, text = waiting.popleft()
        if met and all(a.steps[state][1] for a, state in zip(automata, states, strict=True)):
            yield text
        moves = list(_moves(automata, states))
        if not effort.spend(len(moves)):
            return
        for letter, after, inside in moves:
            here = (after, met or inside, len(text) if each_length else 0)
            visits[here] += 1
            if visits[here] <= _MOST_VISITS and here[2] < _LONGEST:
                waiting.append((after, met or inside, text + letter))


def _moves(automata: Sequence[Automaton], states: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...], bool]]:
    """Each way on for all of them at once: a character, the states after it, and whether all are inside."""
    ways: list[tuple[frozenset[str] | None, tuple[int, ...], bool]] = [(None, (), True)]
    for automaton, state in zip(automata, states, strict=True):
        ways = [
            (edge.among if among is None else among & edge.among, (*after, edge.to), inside and edge.inside)
            for among, after, inside in ways
            for edge in automaton.steps[state][0]
            if among is None or among & edge.among
        ]
    for among, after, inside in ways:
        if among:
            for letter in sorted(among, key=lambda each: _ORDER.get(each, len(_ORDER)))[:_LETTERS_TRIED]:
                yield letter, after, inside and letter != "-"
