"""Rule books by the names that people give them."""

from __future__ import annotations

import pytest
from tests.builders.golden import RULES

from cbrn_consumers.rulebooks.finding import BookNotFoundError, find_book
from cbrn_routing.rulebook import national_rulebook

DIGEST = national_rulebook().digest


@pytest.mark.parametrize("name", ["national", str(RULES), DIGEST, DIGEST[:8]])
async def test_a_book_is_found_by_each_of_its_names(name):
    """Its digest is its name wherever it lies; the shipped one needs no bus."""
    assert (await find_book(name)).book.digest == DIGEST


async def test_a_book_in_one_file_is_found(tmp_path):
    """A proposal sent by mail is one file."""
    file = tmp_path / "all.yaml"
    file.write_text("bases:\n" + (RULES / "bases.yaml").read_text().partition("bases:\n")[2])
    with pytest.raises(BookNotFoundError, match="holds no rules"):
        await find_book(str(file))


@pytest.mark.parametrize(
    ("name", "said"),
    [("natoinal", "Did you mean national"), ("/nowhere/at/all", "Give a directory"), ("beef", "Give")],
)
async def test_an_unknown_name_is_answered_with_a_remedy(name, said, tmp_path, monkeypatch):
    """What was meant, or what may be given."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BookNotFoundError) as caught:
        await find_book(name)
    assert said in caught.value.hint


async def test_a_book_that_names_nobodys_code_is_refused(tmp_path):
    """Every command that takes a book says the same of it."""
    for file in RULES.glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text().replace("inform: [moe]\n", "inform: [nobody]\n"))
    with pytest.raises(BookNotFoundError, match="no body has the code «nobody»"):
        await find_book(str(tmp_path))


async def test_a_broken_book_says_where(tmp_path):
    """File, rule, field and remedy."""
    (tmp_path / "broken.yaml").write_text("rules:\n  - id: x\n")
    with pytest.raises(BookNotFoundError, match=r"broken\.yaml: rule «x», title"):
        await find_book(str(tmp_path))
