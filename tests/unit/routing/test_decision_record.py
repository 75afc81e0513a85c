"""The decision record: what is written is what its readers read, to the byte."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from cbrn_routing.decision import PARTNER_ROLE, Decision, Facets, Recipient, Role
from cbrn_routing.decision_record import (
    DecisionRecordError,
    cell_of,
    days_of,
    decision_tail,
    decision_value,
    read_decision,
    skim,
    skimmed_cell,
    skimmed_roles,
)
from cbrn_schemas.errors import Doubt

NONE: frozenset[str] = frozenset()
FACETS = Facets(
    "incidents", "chemical", "toxic-fire", "Severe", "Immediate", "Observed", deliberate=False, status="Actual",
    region="KG-J", country="KG", neighbours=frozenset({"UZ"}), downstream=NONE, border=True, exposed=NONE,
    traits=frozenset({"river", "pesticide", "vehicle", "goods", "waste", "cordon", "stolen"}),
)  # fmt: skip
MES = Recipient("mes", Role.LEAD, ("fire", "extreme"))
UZ = Recipient("uz", Role.INFORM, ("near",))
TODAY = Decision(FACETS, (MES,), (UZ,), 900, "a" * 64, ("a-duty",))
PAST = Decision(FACETS, (Recipient("moh-ses", Role.LEAD, ("fire",)),), (), None, "a" * 64, as_of=date(2024, 6, 1))
EARLIER = {"moh": int(Role.SUPPORT), "kz": PARTNER_ROLE, "mia": int(Role.INFORM)}
HEAD = (
    r'{"id":"e-\"1\u044b","source":"/mes","kind":"toxic-fire","key":"KG-2026-1","topic":"cbrn.from.mes.incidents",'
    '"partition":3,"offset":42,"decided":"2026-11-23T06:00:00.000Z",'
)
TAIL = (
    '"place":"KG-J","recipients":[{"body":"mes","role":"lead","rules":["fire","extreme"]}],'
    '"partners":[{"body":"uz","role":"inform","rules":["near"]}],"acknowledge_within_s":900,"duties":["a-duty"],'
    '"doubts":["clock-ahead"],"facets":{"lane":"incidents","hazard":"chemical","kind":"toxic-fire",'
    '"severity":"Severe","urgency":"Immediate","certainty":"Observed","deliberate":false,"status":"Actual",'
    '"region":"KG-J","country":"KG","neighbours":["UZ"],"border":true,'
    '"traits":["cordon","goods","pesticide","river","stolen","vehicle","waste"]},'
    f'"rulebook":"{"a" * 64}"'
)


def written(decision: Decision, heirs: tuple[Recipient, ...], earlier: dict[str, int]) -> bytes:
    tail = decision_tail(decision, heirs, "KG-J", (Doubt.CLOCK_AHEAD,))
    return decision_value(
        'e-"1ы', "/mes", "toxic-fire", b"KG-2026-1", topic="cbrn.from.mes.incidents", partition=3, offset=42,
        decided="2026-11-23T06:00:00.000Z", earlier=earlier, tail=tail,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("earlier", "said"),
    [({}, '"earlier":[],'), (EARLIER, '"earlier":["moh","mia"],"earlier_partners":["kz"],')],
    ids=["none", "some"],
)
def test_a_record_is_written_to_the_byte(earlier: dict[str, int], said: str) -> None:
    """Archives of years hold it, and whoever searches them looks for bytes."""
    assert written(TODAY, (MES,), earlier).decode() == f"{HEAD}{said}{TAIL}}}"


def test_what_is_written_is_read_back_whole_and_skimmed() -> None:
    """Both readers, and what each of them is for: the cell, the day, who was told."""
    value = written(TODAY, (MES,), EARLIER)
    record, brief = read_decision(value), skim(value)
    assert (record.id, record.offset, record.earlier, record.earlier_partners) == ('e-"1ы', 42, ("moh", "mia"), ("kz",))
    assert cell_of(record) == skimmed_cell(bytes(brief.facets)) == FACETS
    assert skimmed_roles(bytes(brief.recipients)) == {"mes": "lead"}
    assert skimmed_roles(bytes(brief.partners)) == {"uz": "inform"}
    assert days_of(record) == (date(2026, 11, 23), None)
    assert brief.decided == record.decided == datetime(2026, 11, 23, 6, tzinfo=UTC)


def test_a_decision_about_other_days_names_those_who_were_told_in_their_place() -> None:
    """A ministry that no longer exists was to be told; that its heir was is what an inquiry asks for."""
    value = written(PAST, (Recipient("moh", Role.LEAD, ("fire",)),), {})
    record = read_decision(value)
    assert record.delivered == ("moh",)
    assert days_of(record) == (date(2024, 6, 1), date(2026, 11, 23))
    assert skim(value).as_of == date(2024, 6, 1)


@pytest.mark.parametrize("name", Facets._fields)
def test_a_facet_that_is_absent_means_unknown_or_none_and_the_others_are_always_there(name: str) -> None:
    """For both readers alike: a cell read otherwise is explained, or replayed, as another decision."""
    record = json.loads(written(TODAY, (MES,), {}))
    record["facets"].pop(name, None)
    value = json.dumps(record).encode()
    if name in {"deliberate", "region", "country", "neighbours", "downstream", "exposed", "traits"}:
        absent = NONE if isinstance(getattr(FACETS, name), frozenset) else None
        expected = FACETS._replace(**{name: absent})
        assert cell_of(read_decision(value)) == skimmed_cell(bytes(skim(value).facets)) == expected
    else:
        with pytest.raises(DecisionRecordError, match=name):
            read_decision(value)
        with pytest.raises(DecisionRecordError, match=name):
            skimmed_cell(bytes(skim(value).facets))
