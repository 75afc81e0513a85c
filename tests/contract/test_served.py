"""The rule book's page shows how members and treaties are served, as the shipped book does it."""

from __future__ import annotations

import pytest
from tests.served import BEGIN, END, PAGE, ROLES, drawn, duties_of, listed, members, rules_naming, rules_of


def test_the_page_shows_the_book_as_it_is() -> None:
    """Whoever changes a rule has the page written again: `uv run python -m tests.served`."""
    assert f"{BEGIN}{drawn()}{END}" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("member", members())
def test_every_member_is_named_by_some_rule(member: str) -> None:
    """One that no rule names would wait for a call that never comes."""
    assert any(rules_naming(member, role) for role in ROLES)


@pytest.mark.parametrize("framework", listed())
def test_every_framework_of_the_list_is_served(framework: str) -> None:
    """By a rule that rests on it, or by a duty that it asks for."""
    assert rules_of(framework) or duties_of(framework)


def test_the_thirteen_frameworks_and_the_members_are_all_there() -> None:
    """Ten members of the list, of which one was split in two in 2025."""
    assert len(listed()) == 13
    assert len(members()) == 11
