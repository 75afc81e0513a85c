"""What each role may: one table, consistent with who may write which stream, and nothing beyond it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.desk_accounts import NOW

from cbrn_consumers.desk.accounts import ALL_BODIES, NEEDS, RIGHTS, Account, Right, Role, may, scope_of
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.streams import STREAMS, Party

BY_ADDRESS = {stream.address: stream for stream in STREAMS}
PERSONS_OF = frozenset({Party.MINISTRY, Party.AGENCY})
"""The parties whose rights a desk's process has."""
WRITTEN_BY_PROGRAMS = {"from.{body}.notices", "from.{body}.originals"}
"""What the process that tells officers writes, and partners' own programs; no person does."""
SHARES = {Right.RELEASE: Right.DECIDE}
"""What is decided of duties, of the quarantine and of copies for partners stands in one stream of decisions."""

accounts_drawn = st.builds(
    Account,
    id=st.just("a"),
    name=st.just("asanov"),
    shown=st.just("Asanov"),
    body=st.sampled_from(["moh", "mes", "mia", ""]),
    role=st.sampled_from(Role),
    lang=st.just("ky"),
    created=st.just(NOW),
    disabled=st.booleans(),
    must_change=st.booleans(),
)
desks = st.tuples(st.sampled_from(["moh", "mes", "mia"]), st.booleans())


def test_every_role_and_every_right_stands_in_the_tables() -> None:
    assert set(RIGHTS) == set(Role)
    assert set(NEEDS) == set(Right)
    assert frozenset().union(*RIGHTS.values()) == set(Right)


@pytest.mark.parametrize("right", Right)
def test_a_right_writes_only_what_its_party_may_write_by_the_table_of_streams(right: Right) -> None:
    """A button whose record the broker refuses would be a lie."""
    need = NEEDS[right]
    for address in need.writes:
        assert need.party in BY_ADDRESS[address].writers
        assert address.startswith("from.{body}.")


def test_every_stream_of_a_body_that_its_persons_may_write_is_behind_exactly_one_right() -> None:
    """A new stream without a right would be written by whoever finds the form."""
    wanted = {
        stream.address
        for stream in STREAMS
        if stream.writers & PERSONS_OF and stream.address.startswith("from.{body}.")
    }
    held = [address for right, need in NEEDS.items() if right not in SHARES for address in need.writes]
    assert sorted(held) == sorted(wanted - WRITTEN_BY_PROGRAMS)
    assert {right: NEEDS[right].writes for right in SHARES} == {right: NEEDS[by].writes for right, by in SHARES.items()}


def test_what_reading_needs_is_what_a_ministry_may_read() -> None:
    party = NEEDS[Right.READ].party
    assert party is Party.MINISTRY
    assert all(party in BY_ADDRESS[address].readers for address in ("to.{body}.alerts", "from.{body}.receipts"))


def test_an_auditor_writes_nothing_and_who_keeps_accounts_neither_reads_nor_writes() -> None:
    """Who hands out rights does not use them; who looks into it changes nothing."""
    assert not any(NEEDS[right].writes for right in RIGHTS[Role.AUDITOR])
    assert Right.READ in RIGHTS[Role.AUDITOR]
    assert all(NEEDS[right].party is None for right in RIGHTS[Role.ADMINISTRATOR])
    assert [role for role in Role if Right.PEOPLE in RIGHTS[role]] == [Role.ADMINISTRATOR]


def test_who_may_release_abroad_answers_alerts_too_and_never_keeps_accounts() -> None:
    assert {role for role in Role if Right.RELEASE in RIGHTS[role]} == {Role.OFFICER, Role.SHIFT_LEADER}
    assert all(Right.ANSWER in RIGHTS[role] for role in Role if Right.RELEASE in RIGHTS[role])


def test_who_leads_a_shift_may_all_that_an_officer_may() -> None:
    assert RIGHTS[Role.OFFICER] < RIGHTS[Role.SHIFT_LEADER]
    assert RIGHTS[Role.SHIFT_LEADER] - RIGHTS[Role.OFFICER] == {Right.DECIDE, Right.ROTA}


@given(accounts_drawn, st.sampled_from(Right))
def test_a_right_is_had_only_by_the_table_and_by_an_account_in_use(account: Account, right: Right) -> None:
    allowed = may(account, right)
    assert not may(None, right)
    assert allowed == (right in RIGHTS[account.role] and not account.disabled and not account.must_change)


@given(accounts_drawn, desks)
def test_nobody_sees_more_than_their_own_body_but_at_the_crisis_centre(
    account: Account, desk: tuple[str, bool]
) -> None:
    """The one place that decides it; every page goes by what it says."""
    body, everything = desk
    scope = scope_of(account, body, all_bodies=everything)
    if scope is None:
        return
    seen = {code for code in bodies() if scope.sees(code)}
    assert scope.own == account.body
    if not may(account, Right.READ):
        assert not seen
        assert scope.name is None
    elif everything and (account.body == body or account.role is Role.AUDITOR):
        assert seen == set(bodies())
        assert scope.name == ALL_BODIES
    else:
        assert seen == {account.body}
        assert scope.name == account.body


@given(accounts_drawn, desks)
def test_a_desk_of_one_body_is_for_that_body_alone(account: Account, desk: tuple[str, bool]) -> None:
    body, _ = desk
    scope = scope_of(account, body, all_bodies=False)
    assert (scope is None) == (account.disabled or account.body != body)
    assert scope is None or not scope.all


@given(accounts_drawn, desks)
def test_a_disabled_account_and_nobody_have_no_business_anywhere(account: Account, desk: tuple[str, bool]) -> None:
    body, everything = desk
    assert scope_of(None, body, all_bodies=everything) is None
    assert scope_of(replace(account, disabled=True), body, all_bodies=everything) is None


def test_no_body_is_called_as_the_list_of_all() -> None:
    assert ALL_BODIES not in bodies()
