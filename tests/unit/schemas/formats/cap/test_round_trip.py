"""Event to CAP and back: nothing is lost that the event says, and what is written stands every rule."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.builders.any_event import events
from tests.builders.cap import EARLIER, SENT
from tests.builders.golden import event
from tests.builders.thorough import cases

from cbrn_schemas.events import EVENT_TYPES, AnyEvent
from cbrn_schemas.formats.cap.checking import check
from cbrn_schemas.formats.cap.from_event import alert_of, sender_of
from cbrn_schemas.formats.cap.model import CapAlert, Reference
from cbrn_schemas.formats.cap.reading import read
from cbrn_schemas.formats.cap.to_event import event_of, kind_in
from cbrn_schemas.formats.cap.writing import write
from cbrn_schemas.formats.faults import FormatError

REFERENCES = st.lists(
    st.sampled_from([EARLIER, Reference("moh@cbrn.kg", "a:b/c#d", SENT - timedelta(days=1))]), unique=True, max_size=2
)


def alert(of: AnyEvent, references: tuple[Reference, ...] = (), identifier: str = "mes.1") -> CapAlert:
    return alert_of(of, identifier=identifier, sender=sender_of(of.body), sent=SENT, references=references)


@pytest.mark.parametrize("kind", EVENT_TYPES)
@given(data=st.data())
@settings(max_examples=cases(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_event_of_any_kind_comes_back_as_it_was(kind: str, data: st.DataObject) -> None:
    """A partner with our schemas knows all that was released, and a document that we made ourselves has no fault."""
    given_event = data.draw(events(kind))
    references = tuple(data.draw(REFERENCES))
    if getattr(given_event, "message_type", "Alert") == "Cancel" and not references:
        references = (EARLIER,)
    document = write(alert(given_event, references))
    assert not [fault for fault in check(document) if fault.severity == "error"]
    found = read(document)
    assert event_of(found) == given_event
    assert write(found) == document


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_kind_says_what_it_is_in_three_languages(kind: str) -> None:
    """Whoever reads one language alone has the headline, the danger and the place in it."""
    found = read(write(alert(event(kind))))
    assert [info.language for info in found.infos] == ["ky-KG", "ru-KG", "en-US"]
    assert len({info.event for info in found.infos}) >= 2
    for info in found.infos:
        assert info.categories[0] == "CBRNE"
        assert len(info.categories) > 1
        assert {code.name for code in info.event_codes} == {"OET:v1.2", "kg.cbrn:type"}
        assert info.headline
        assert info.description
        assert info.areas[0].desc
        assert info.areas[0].circles or info.areas[0].geocodes
    assert kind_in(found) == kind


@pytest.mark.parametrize("strange", ["a,b", "a b", "a%2Cb", "ä<&\"'", "100%"])
def test_an_id_that_is_no_identifier_comes_back_too(strange: str) -> None:
    """A publisher's own ids may have what CAP lists are divided by."""
    earlier = Reference("mes@cbrn.kg", alert(event("chemical-release"), identifier=strange).identifier, SENT)
    update = event("chemical-release", message_type="Update", references=["mes.0"])
    document = write(alert(update, (earlier,), strange))
    assert not [fault for fault in check(document) if fault.severity == "error" and fault.rule != "references-self"]


def test_what_somebody_changed_between_is_no_event() -> None:
    """A parameter that is no JSON any more, or a value that no event has, is said to be so."""
    document = write(alert(event("chemical-release")))
    for old, new in ((b"[ppm]", b"furlong"), (b'"waterworks"', b"waterworks"), (b'"chemical"', b'"cosmic"')):
        assert old in document
        with pytest.raises(FormatError) as refused:
            event_of(read(document.replace(old, new)))
        assert refused.value.faults[0].rule == "cap-event"
        assert refused.value.hint


def test_an_alert_from_elsewhere_is_no_event_of_ours() -> None:
    """It is for the mapper of what partners tell."""
    document = write(alert(event("chemical-release"))).replace(b"kg.cbrn:type", b"other")
    with pytest.raises(FormatError, match="cap-foreign"):
        event_of(read(document))
