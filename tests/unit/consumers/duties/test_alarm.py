"""The alarm about a duty whose time has run out says no more of persons than is known."""

from __future__ import annotations

import pytest
from tests.builders.duties import NOW
from tests.builders.duty_states import TRUST, first, put, state_of

from cbrn_consumers.duties import overdue_records
from cbrn_routing.duties import Verifier
from cbrn_routing.duties.drafts import draft
from cbrn_schemas.duty import OverdueAlarm, Released
from cbrn_schemas.topics import Realm


@pytest.mark.parametrize(("verifier", "named"), [(Verifier(), True), (Verifier(trust=TRUST), False)])
def test_a_name_is_on_record_only_where_no_trust_file_could_deny_it(verifier: Verifier, *, named: bool) -> None:
    """A name that anybody wrote, and that the trust file refuses, must not let the duty officer think it was done."""
    state = state_of(first(), verifier=verifier)
    put(state, draft(state, NOW))
    put(state, Released(id=state.id, at=NOW, by="A. Asanova (mes)", digest=state.draft.digest if state.draft else ""))
    _, alarms = overdue_records(state, Realm.REAL, NOW)
    said = OverdueAlarm.model_validate_json(alarms[0].value).message
    assert ("nobody is known to have released it" in said) is named
    assert ("no trust file to verify: A. Asanova (mes)" in said) is named
    assert ("nobody has released it" in said) is not named
