"""Names without accents and case, and what to ask a chart for that minds them.

tscharts looks for one text as it stands in one of the four names (contract/tscharts.md, "patient"). Whether accents
matter there depends on its database; the case of accented letters does, too. So the bridge asks for short parts of each
word, in all spellings that they may have in the chart, and compares the names itself. Apostrophes are looked for after
a name's first letter, where people leave them out: parts of longer words are taken from behind it.
"""

import itertools
import unicodedata

_PART_LETTERS = 3
_PARTS = 2
_MOST_SPELLINGS = 50
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼʹ′`´＇"))
_BEFORE_APOSTROPHES = "dlmno"
"""The first letters of names such as O'Brien and D'Angelo."""

_ACCENTED = {"a": "áÁ", "e": "éÉ", "i": "íÍ", "o": "óÓ", "u": "úÚüÜ", "n": "ñÑ"}
"""How Spanish writes these letters, too."""


def folded(text: str) -> str:
    """What all spellings of a text have in common: no accents, no case."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(each for each in letters if not unicodedata.combining(each))


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, folded, of letters and digits: apostrophes fall away, whatever else there is parts words."""
    letters = folded(text.translate(_APOSTROPHES))
    return tuple("".join(each if each.isalnum() else " " for each in letters).split())


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
    may_have_apostrophe = word[:1] in _BEFORE_APOSTROPHES
    first = 1 if may_have_apostrophe and len(word) > _PART_LETTERS else 0
    count = max(len(word) - _PART_LETTERS + 1, 1)
    parts = {word[start : start + _PART_LETTERS] for start in range(first, count)}
    spelt = sorted((_spellings(part) for part in parts), key=lambda each: (len(each), each))
    if may_have_apostrophe and 1 < len(word) <= _PART_LETTERS:
        return [(*each, *_with_apostrophes(each)) for each in spelt]
    return spelt[:_PARTS]


def _with_apostrophes(spellings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{each[0]}{mark}{each[1:]}" for each in spellings for mark in "'’")


def _spellings(part: str) -> tuple[str, ...]:
    """All spellings of a part; an unusual letter in both cases. Two accents in three letters are left out."""
    choices = [(each, *_ACCENTED.get(each, _cases(each))) for each in part]
    spelt = ("".join(letters) for letters in itertools.product(*choices))
    likely = (each for each in spelt if sum(letter in "áÁéÉíÍóÓúÚüÜ" for letter in each) <= 1)
    return tuple(itertools.islice(likely, _MOST_SPELLINGS))


def _cases(letter: str) -> tuple[str, ...]:
    upper = letter.upper()
    return () if letter.isascii() or upper == letter or len(upper) != 1 else (upper,)
