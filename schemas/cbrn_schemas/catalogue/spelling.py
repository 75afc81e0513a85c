"""How names are found as people type them: the one folding for all, exact look-up, search, and «did you mean».

`words.fold` makes two spellings of one script equal; `spelled` goes on and writes all in plain Latin letters, so that
`ozgon`, `Озгон` and `Өзгөн` are one. What merely resembles a name is offered, never taken for it.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from cbrn_schemas.catalogue.words import fold

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

__all__ = ["OFFERED_MAX", "Index", "did_you_mean", "nearest", "offer", "spelled"]

SIMILAR_ENOUGH: Final = 0.72
"""Least likeness of two spellings, 0 to 1, at which one is offered for the other: a slip in four letters, two in
eight."""
FEW: Final = 3
"""Letters that are somewhere inside many a name by chance: they are looked for at the beginning of words. Fewer
resemble nothing: in two letters a slip is half of them."""
SHORT: Final = 4
SHORT_SIMILAR_ENOUGH: Final = 0.65
"""The same for a text of so many letters, and a name of one more or less: two of the three of a code are right. What is
longer has too little in common with it."""
SWAPPED: Final = 0.9
"""Likeness of two spellings that have the same letters in another order."""
BY_WORD: Final = 0.85
"""Weight of a likeness that was found word by word: less than of whole names."""
FAR_BEHIND: Final = 0.1
"""What is less like by more than this is not offered beside the likeliest."""
OFFERED_MAX: Final = 3
"""Names in a hint; more would not be read."""
CHARS_MAX: Final = 200
"""What is longer is no name, and resembles none: the longest of the catalogue has 114. It is not compared at all:
whoever sends 60 KiB where a code belongs must not hold up a router for seconds."""

Found = TypeVar("Found", bound="Hashable")

_LATIN: Final = str.maketrans(
    dict(zip("абвгдежзийклмнопрстуфхцыэ", "abvgdejziiklmnoprstufhcie", strict=True))
    | {"ч": "ch", "ш": "sh", "щ": "sh", "ю": "iu", "я": "ia", "ъ": "", "ь": ""}
    | dict(zip("қғұіҳўәһҷ", "kguihuahj", strict=True))
    | {"ı": "i", "y": "i", "w": "v", "x": "ks", "q": "k"}
)
"""Letters as the catalogue's English names write them, ж as j, and ы, й and y as i;
with those of the neighbours' alphabets."""
_WRITTEN: Final = (
    (re.compile(r"dzh|dj|zh"), "j"),
    (re.compile(r"kh"), "h"),
    (re.compile(r"ts"), "c"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"shch"), "sh"),
    (re.compile(r"ng"), "n"),
    (re.compile(r"\bie"), "e"),
    (re.compile(r"([aeiou])\1+"), r"\1"),
)
"""Several ways to write one sound in Latin letters (Djalal, Dzhalal, Zhalal; Chong, Chon; Nooken, Noken)."""


@lru_cache(maxsize=8192)
def spelled(text: str) -> str:
    """Return the form under which a name is looked for: folded, in plain Latin letters, with blanks between words."""
    latin = "".join(map(_bare, fold(text))).translate(_LATIN)
    for written, letters in _WRITTEN:
        latin = written.sub(letters, latin)
    return latin


@lru_cache(maxsize=4096)
def _bare(letter: str) -> str:
    """Take the mark from a Latin letter; a Cyrillic one is another letter without it."""
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base.isascii() else letter


@lru_cache(maxsize=8192)
def _joined(text: str) -> str:
    """Return the same written together: Карасуу is Кара-Суу."""
    return re.sub(r"([aeiou])\1+", r"\1", spelled(text).replace(" ", ""))


class _Names(NamedTuple):
    names: tuple[str, ...]
    """What it is called, each written together."""
    words: frozenset[str]
    """The words of all that is said of it."""


class Index(Generic[Found]):
    """Things by what people call them, in the order given."""

    def __init__(self, entries: Iterable[tuple[Found, Iterable[str], Iterable[str]]]) -> None:
        """Take each thing with its names and with what else is said of it, such as its district's names."""
        self._all: dict[Found, _Names] = {}
        for thing, names, more in entries:
            known = tuple(filter(None, names))
            said = frozenset(word for text in (*known, *more) for word in spelled(text).split())
            self._all[thing] = _Names(tuple(dict.fromkeys(map(_joined, known))), said)

    @property
    def all(self) -> tuple[Found, ...]:
        """All of them, in the order given."""
        return tuple(self._all)

    def ranked(self, text: str) -> list[tuple[int, Found]]:
        """Rank what matches: 0 the whole name, 1 its beginning, 2 a part of it, 3 each word somewhere."""
        if len(text) > CHARS_MAX:
            return []
        wanted, words = _joined(text), spelled(text).split()
        if not wanted:
            return []
        ranks = ((_rank(wanted, words, said), thing) for thing, said in self._all.items())
        return sorted(((rank, thing) for rank, thing in ranks if rank is not None), key=lambda found: found[0])

    def called(self, text: str) -> tuple[Found, ...]:
        """Find what is called exactly so, up to spelling; several where the name is ambiguous."""
        return tuple(thing for rank, thing in self.ranked(text) if rank == 0)

    def meant(self, text: str) -> tuple[Found, ...]:
        """Find what may be meant: what is called so; else first what matches, then what is similar."""
        matching = (thing for _, thing in self.ranked(text))
        return self.called(text) or tuple(dict.fromkeys((*matching, *self.similar(text, len(self._all)))))

    def similar(self, text: str, at_most: int = OFFERED_MAX) -> tuple[Found, ...]:
        """Find what a slip of the finger turns into `text`, the likeliest first."""
        if len(text) > CHARS_MAX:
            return ()
        wanted, words = _joined(text), spelled(text).split()
        if len(wanted) < FEW:
            return ()
        likeness = ((_likeness(wanted, words, said), thing) for thing, said in self._all.items())
        close = sorted((found for found in likeness if found[0]), key=lambda found: -found[0])
        return tuple(thing for like, thing in close[:at_most] if like >= close[0][0] - FAR_BEHIND)


def _rank(wanted: str, words: list[str], said: _Names) -> int | None:
    whole = min((0 if name == wanted else 1 for name in said.names if name.startswith(wanted)), default=None)
    if whole is not None:
        return whole
    if len(wanted) > FEW and any(wanted in name for name in said.names):
        return 2
    return 3 if all(any(_part(word, each) for each in said.words) for word in words) else None


def _part(wanted: str, word: str) -> bool:
    return wanted in word if len(wanted) > FEW else word.startswith(wanted)


def _likeness(wanted: str, words: list[str], said: _Names) -> float:
    """Compare with each whole name, and word by word: one that is not said at all makes the rest worth nothing."""
    by_word = min(_closest(word, said.words) for word in words)
    return max(_closest(wanted, said.names), BY_WORD * by_word)


def _closest(wanted: str, known: Iterable[str]) -> float:
    """Return the greatest likeness with what is known; 0 where none is enough."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)  # what it counts of this one is kept
    enough, best = SHORT_SIMILAR_ENOUGH if len(wanted) <= SHORT else SIMILAR_ENOUGH, 0.0
    for each in known:
        if enough < SIMILAR_ENOUGH and abs(len(each) - len(wanted)) > 1:
            continue
        if len(each) == len(wanted) and sorted(each) == sorted(wanted):
            best = max(best, SWAPPED)
        matcher.set_seq1(each)
        least = max(best, enough)
        if matcher.real_quick_ratio() >= least and matcher.quick_ratio() >= least:
            best = max(best, matcher.ratio())
    return best if best >= enough else 0.0


def nearest(text: str, known: Iterable[str], at_most: int = OFFERED_MAX) -> tuple[str, ...]:
    """Return the names among `known` that `text` resembles, the likeliest first.

    A name that is the same but for case, script or marks comes alone; else first those of which it is a part.
    """
    return Index((name, (name,), ()) for name in known).meant(text)[:at_most]


def did_you_mean(text: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return the hint «Did you mean a, b or c?», or `otherwise` where `text` resembles nothing that is known."""
    return offer(nearest(text, known), otherwise)


def offer(names: Sequence[str], otherwise: str = "") -> str:
    """Return the hint «Did you mean a, b or c?», or `otherwise` where there is nothing to offer."""
    if not names:
        return otherwise
    *others, last = names
    return f"Did you mean {', '.join(others)} or {last}?" if others else f"Did you mean {last}?"
