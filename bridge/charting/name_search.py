"""Names without accents and case, and what to ask a chart for that minds them.

tscharts looks for one text as it stands in one of the four names (contract/tscharts.md, "patient"). Whether accents
matter there depends on its database; the case of accented letters does, too. So the bridge asks for short parts of each
word, in all spellings that they may have in the chart, and compares the names itself.
"""

import itertools
import unicodedata

_PART_LETTERS = 3
_PARTS = 2
_MOST_SPELLINGS = 50
_ACCENTED = {"a": "áÁ", "e": "éÉ", "i": "íÍ", "o": "óÓ", "u": "úÚüÜ", "n": "ñÑ"}
"""How Spanish writes these letters, too."""


def folded(text: str) -> str:
    """What all spellings of a text have in common: no accents, no case."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(each for each in letters if not unicodedata.combining(each))


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, folded; hyphens part words, too."""
    return tuple(folded(text).replace("-", " ").split())


def matches(words: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Whether each word is a part of one of the names' words. All are folded."""
    there = [each for name in names for each in words_of(name)]
    return all(any(word in each for each in there) for word in words)


def closeness(words: tuple[str, ...], names: tuple[str, ...]) -> int:
    """How many words are no whole word of the names, and no beginning of one: 0 for the best."""
    there = [each for name in names for each in words_of(name)]
    whole = sum(word in there for word in words)
    begun = sum(any(each.startswith(word) for each in there) for word in words)
    return 2 * len(words) - whole - begun


def parts_to_ask(word: str) -> list[tuple[str, ...]]:
    """For a folded word, parts of it, each as all the spellings to ask for. A name with this word has one spelling of
    each part. The parts with the fewest spellings come first; a short word is one part.
    """
    count = max(len(word) - _PART_LETTERS + 1, 1)
    parts = {word[start : start + _PART_LETTERS] for start in range(count)}
    spelt = sorted((_spellings(part) for part in parts), key=lambda each: (len(each), each))
    return spelt[:_PARTS]


def _spellings(part: str) -> tuple[str, ...]:
    """All spellings of a part; an unusual letter in both cases. Two accents in three letters are left out."""
    choices = [(each, *_ACCENTED.get(each, _cases(each))) for each in part]
    spelt = ("".join(letters) for letters in itertools.product(*choices))
    likely = (each for each in spelt if sum(letter in "áÁéÉíÍóÓúÚüÜ" for letter in each) <= 1)
    return tuple(itertools.islice(likely, _MOST_SPELLINGS))


def _cases(letter: str) -> tuple[str, ...]:
    upper = letter.upper()
    return () if letter.isascii() or upper == letter or len(upper) != 1 else (upper,)
