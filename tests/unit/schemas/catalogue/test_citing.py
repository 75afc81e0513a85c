"""What a treaty's clock asks, and of whom, in the reader's language: the tables are in English."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.catalogue.citing import addressee_name, article_name, source_name
from cbrn_schemas.catalogue.frameworks import clocks, framework
from cbrn_schemas.catalogue.words import words

if TYPE_CHECKING:
    from cbrn_schemas.events.base import Language

CLOCKS = sorted({duty.obligation.name for duty in national_rulebook().duties})
"""Clocks that a duty of the book runs by."""


@pytest.mark.parametrize("name", CLOCKS)
def test_every_clock_of_the_book_is_worded_in_three_languages(name: str) -> None:
    """A row that says less than the table («30 days», without «or as agreed») is a wrong deadline in a draft."""
    worded = words()["wording", name]
    assert worded.en == clocks()[name].wording
    assert all(worded)


@pytest.mark.parametrize("code", sorted({clocks()[name].framework for name in CLOCKS}))
def test_every_addressee_of_a_clock_has_a_name_in_three_languages(code: str) -> None:
    """Where the catalogue has no body for the addressee, the table's English is not what a Kyrgyz draft says."""
    said = framework(code).addressee
    assert words()["addressee", code].en == said
    for lang in ("ru", "ky"):
        assert not re.search("[A-Za-z]{3}", re.sub(r"\b[IVX]+\b", "", addressee_name(code, said, lang)))


ARTICLES = sorted(
    {basis.article for rule in national_rulebook().rules for basis in rule.bases}
    | {duty.obligation.article for duty in national_rulebook().duties}
)
"""Everything on which a rule of the book rests."""


@pytest.mark.parametrize("lang", ["ky", "ru"])
@pytest.mark.parametrize("article", ARTICLES)
def test_on_what_a_rule_rests_no_lawyer_reads_in_english(article: str, lang: Language) -> None:
    """Numbers of articles, names of documents and codes of stations stay as they are."""
    kept = re.sub(r"\bINFCIRC|\bNDC-|\b[IVX]+\b", "", article_name(article, lang))
    assert not re.search("[A-Za-z]{2}", kept), kept


def test_two_articles_are_named_as_two() -> None:
    """«IV-берене and VII» would be neither language."""
    assert article_name("articles 5, 6 and 7, annex 2", "ru") == "статьи 5, 6 и 7, приложение 2"
    assert article_name("articles IV and VII", "ky") == "IV жана VII-беренелер"
    assert article_name("operative paragraph 3", "ky") == "токтом бөлүгүнүн 3-пункту"


def test_an_article_with_a_name_of_its_own_is_translated() -> None:
    """The database of incidents has no articles, but terms of reference."""
    assert article_name("terms of reference of the database", "ru") == "положение о базе данных"
    assert article_name("terms of reference of the database", "ky") == "маалымат базасы жөнүндө жобо"


def test_several_articles_are_cited_as_several() -> None:
    """«6, 9-берене» is article 6 of something else, and article 9."""
    assert article_name("Art. 6, 9(2), Annex 2", "ky") == "6, 9(2)-беренелер, 2-тиркеме"
    assert article_name("Art. 6, 9(2), Annex 2", "ru") == "статьи 6, 9(2), приложение 2"


def test_a_source_is_told_by_its_host_with_what_is_not_confirmed() -> None:
    """Whoever releases a draft must see that a part of it rests on general knowledge, and where to read the rest."""
    told = {name: source_name(clocks()[name].source, "ru") for name in ("basel/return", "teia/notify")}
    doubt = "по общим сведениям, источником не подтверждено полностью"
    assert told["basel/return"] == f"inview.nl; {doubt}"
    assert told["teia/notify"] == f"unece.org; trend.az; gazzettaufficiale.it; {doubt}"
