"""Instruments, articles, sources and addressees in the reader's language. The tables have them in English.

Of a source, only what can be looked up is written in Kyrgyz and Russian, and whether it is general knowledge alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.frameworks import frameworks
from cbrn_schemas.catalogue.words import word, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_schemas.events.base import Language

_NUMBER: Final = r"[IVX\d][IVX\d.]*[A-Z]?(?:\(\w+\))*(?:[-–]\d+)?"
_ARTICLES: Final = (
    (
        rf"\b(?:Art\.|[Aa]rticles?) ({_NUMBER}(?:, {_NUMBER})*) and ({_NUMBER})",
        r"статьи \1 и \2",
        r"\1 жана \2-беренелер",
    ),
    (r"\b[Oo]perative paragraph (\d+)", r"пункт \1 постановляющей части", r"токтом бөлүгүнүн \1-пункту"),
    (rf"\b(?:Art\.|[Aa]rticles?) ({_NUMBER}(?:, {_NUMBER})+)", r"статьи \1", r"\1-беренелер"),
    (rf"\b(?:Art\.|[Aa]rticles?) ({_NUMBER})", r"статья \1", r"\1-берене"),
    (r"\bVerification Annex\b", "Приложение по проверке", "Текшерүү боюнча тиркеме"),
    (rf"\b[Aa]nnex ({_NUMBER}|[A-Z]\b)", r"приложение \1", r"\1-тиркеме"),
    (rf"\b[Pp]art ({_NUMBER})", r"часть \1", r"\1-бөлүк"),
    (r"\b[Pp]ara(?:\.|graph) (\d+)", r"пункт \1", r"\1-пункт"),
    (r"\bOP (\d+)", r"пункт \1 постановляющей части", r"токтом бөлүгүнүн \1-пункту"),
    (r"\bReview Conferences\b", "решения обзорных конференций", "кароо конференцияларынын чечимдери"),
    (r"\bconfidence-building measure\b", "мера укрепления доверия", "ишенимди бекемдөө чарасы"),
    (r"\bterms of reference of the database\b", "положение о базе данных", "маалымат базасы жөнүндө жобо"),
    (r"\btext not seen\b", "текст не найден", "текст табылган жок"),
)
"""What is found in English, and how Russian and Kyrgyz write it, in the order in which they are tried."""
_FOUND: Final = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b(?:/[\w/?=.-]*\w)?")
_DOUBTED: Final = re.compile(r"general knowledge|not confirmed")
_GENERAL: Final[Mapping[str, str]] = {
    "ru": "по общим сведениям, источником не подтверждено полностью",
    "ky": "жалпы маалымат боюнча, булак толук тастыктаган эмес",
}


def article_name(article: str, lang: Language) -> str:
    """Write `Art. 9(2), Annex 2` as «статья 9(2), приложение 2» or «9(2)-берене, 2-тиркеме».

    One that is said in words stands whole in the table of words, in its group `article`.
    """
    if lang == "en":
        return article
    known = words().get(("article", article))
    if known is not None:
        return known.get(lang)
    for pattern, russian, kyrgyz in _ARTICLES:
        article = re.sub(pattern, russian if lang == "ru" else kyrgyz, article)
    return article


def source_name(source: str, lang: Language) -> str:
    """Say where it was read."""
    if lang not in _GENERAL:
        return source
    general = [_GENERAL[lang]] if _DOUBTED.search(source) else []
    return "; ".join((*_FOUND.findall(source), *general)) or _GENERAL[lang]


def addressee_name(code: str, said: str, lang: Language) -> str:
    """Name the addressee in words, where the catalogue has no bodies for it; `said` is the record's English."""
    return said if lang == "en" or ("addressee", code) not in words() else word("addressee", code, lang)


def instrument_name(instrument: str, lang: Language) -> str | None:
    """Return what a lawyer calls the instrument; None where nobody has named it.

    That is a framework of the catalogue, the mandate of a body, or whatever the table of words names in its group
    `instrument`: acts, and the mandate of the heads of regions.
    """
    if instrument in frameworks():
        return frameworks()[instrument].names.get(lang)
    label = words().get(("instrument", instrument))
    if label is not None:
        return label.get(lang)
    kind, _, body = instrument.partition("mandate-")
    if kind or body not in bodies():
        return None
    return f"{word('matrix', 'mandate', lang)}: {bodies()[body].name(lang)}"
