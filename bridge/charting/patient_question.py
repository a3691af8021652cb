"""What a text may mean that a person types to find a patient: words of names, numbers, a CURP or a part of one."""

import re
from dataclasses import dataclass, field

from bridge.charting.name_search import words_of
from bridge.charting.refusals import RefusedError

TOO_MANY = "Too many patients have names like these to look at them all; give more of the name, or a number."
_MOST_WORDS = 6
_LABELS = frozenset({"patient", "paciente", "number", "numero", "num", "no", "nr", "id"})
"""What people write before a number."""

_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_CURP = re.compile(r"(?=.*[0-9])(?=.*[a-z])[a-z0-9]{6,18}", re.ASCII)
_CURP_PART = re.compile(r"[a-z0-9]{4,18}", re.ASCII)
_NO_LETTERS = "Give a part of the name with at least two letters, or a number, or a CURP."
_NO_SUCH_NAME = (
    "Nobody has names with all of these words; give fewer of them, or only the beginning of each, in case one is spelt "
    "otherwise in the chart."
)
_NO_SUCH_NUMBER = "No patient has this number, and none had it before; check it, or look for the name."
_NO_SUCH_BOTH = "Nobody has both this number and these names; look for one of them alone."
_NO_SUCH_CURP = "No CURP holds this; if a number was meant, check it for letters such as O for 0 and l for 1."


@dataclass(frozen=True)
class Question:
    """A text's words, folded, without those that are numbers; and its `numbers`. `joined` is all of it in one word."""

    words: tuple[str, ...] = field(repr=False)
    numbers: tuple[int, ...] = field(repr=False)
    joined: str = field(repr=False)

    @property
    def is_number(self) -> bool:
        """Whether a number is meant, and nothing else."""
        return len(self.numbers) == 1 and self.words in ((), *((label,) for label in _LABELS))

    @property
    def is_curp(self) -> bool:
        """Whether this is no name: one word of letters and digits."""
        return len(self.words) == 1 and not self.numbers and _CURP.fullmatch(self.joined) is not None

    @property
    def may_be_curp(self) -> bool:
        """Whether a CURP may hold this, as far as anybody reads one aloud in pieces."""
        return _CURP_PART.fullmatch(self.joined) is not None

    @property
    def hint(self) -> str:
        """What to try when nobody was found."""
        if self.is_number:
            return _NO_SUCH_NUMBER
        if any(each.isdigit() for word in self.words for each in word):
            return _NO_SUCH_CURP
        return _NO_SUCH_BOTH if self.numbers else _NO_SUCH_NAME


def question_of(text: str) -> Question:
    """What a text asks. Raises RefusedError (400) for one that could mean everyone."""
    all_words = words_of(text)
    words = tuple(each for each in all_words if not _NUMBER.fullmatch(each))[:_MOST_WORDS]
    numbers = tuple(int(each) for each in all_words if _NUMBER.fullmatch(each))[:_MOST_WORDS]
    if not numbers and not any(len(word) >= 2 for word in words):
        raise RefusedError(400, _NO_LETTERS)
    return Question(words, numbers, "".join(all_words))
