"""Words that people read, in Kyrgyz, Russian and English, and the folding under which names are compared.

Labels are data (`data/words.csv`); a code without a label is shown as it is, since a missing translation must never
hide an alert.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from cbrn_schemas.catalogue.tables import listed, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_schemas.events.base import Language


class Names(NamedTuple):
    """One name in three languages; an empty string where a language has none."""

    ky: str
    ru: str
    en: str

    def get(self, lang: Language) -> str:
        """Return the name in `lang`; where it has none, the first that exists of Russian, English and Kyrgyz."""
        wanted: str = getattr(self, lang)
        return wanted or self.ru or self.en or self.ky


@cache
def words() -> Mapping[tuple[str, str], Names]:
    """Return every label by (group, code)."""
    return MappingProxyType(
        {(row["group"], row["code"]): Names(row["ky"], row["ru"], row["en"]) for row in read_table("words.csv")}
    )


def word(group: str, code: str, lang: Language) -> str:
    """Return the label of `code` in its group (`kind`, `severity`, `role`, `doubt`, `reason`, `ui`, ...), or `code`."""
    label = words().get((group, code))
    return code if label is None else label.get(lang)


@cache
def also_called(group: str) -> Mapping[str, tuple[str, ...]]:
    """Return what people, instruments and other systems call the codes of a group (`field`, `language`, ...).

    In small letters. Nobody is shown these: they are understood where somebody has written them for the code.
    """
    rows = (row for row in _all_also_called() if row["group"] == group)
    return MappingProxyType({row["code"]: listed(row["names"]) for row in rows})


@cache
def _all_also_called() -> tuple[Mapping[str, str], ...]:
    return tuple(read_table("also_called.csv"))


_LETTERS = str.maketrans({"ё": "е", "ң": "н", "ө": "о", "ү": "у"})
"""Letters that keyboards without Kyrgyz letters, and hurried hands, replace."""
_LOOKALIKES = str.maketrans("aceopxykmtbh", "асеорхукмтвн")
"""Latin letters that stand inside Cyrillic words in official tables (SOATE has several)."""
_CYRILLIC = re.compile(r"[а-яёңөү]")
_BETWEEN = re.compile(r"[\W_]+")


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Return the form under which two spellings of one name are equal.

    Case, hyphens, quotes and blanks do not count; ё, ң, ө, ү equal е, н, о, у; `дж` equals `ж` (Джалал-Абад,
    Жалал-Абад); a Latin letter inside a Cyrillic word counts as the Cyrillic one.
    """
    tokens = _BETWEEN.split(unicodedata.normalize("NFKC", text).casefold())
    return " ".join(_fold_token(token) for token in tokens if token)


def _fold_token(token: str) -> str:
    if not _CYRILLIC.search(token):
        return token
    return token.translate(_LOOKALIKES).translate(_LETTERS).replace("дж", "ж")
