"""Every rule that a CAP document is held to: found where it is broken, with its line, a remedy, and how bad it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.builders.cap import AREA, GOOD, INFO, area, changed
from tests.builders.cap_hostile import HOSTILE

from cbrn_schemas.formats.cap.checking import check
from cbrn_schemas.formats.cap.model import NAMESPACE, NAMESPACE_11
from cbrn_schemas.formats.cap.rules import rules

if TYPE_CHECKING:
    from cbrn_schemas.formats.faults import Fault

PUBLIC = "<scope>Public</scope>"
SENT = "<sent>2026-03-11T09:40:00+06:00</sent>"
RESOURCE = "<resource><resourceDesc>map</resourceDesc><mimeType>image/png</mimeType>{}</resource><area>"
LONG = "A cylinder with chlorine has cracked at the waterworks, and leaks."


def behind_scope(text: str) -> bytes:
    return changed((PUBLIC, PUBLIC + text))


def resource(inside: str) -> bytes:
    return changed(("<area>", RESOURCE.format(inside)))


def info(*changes: tuple[str, str]) -> bytes:
    """The good document with a second info block that is changed."""
    text = INFO.replace("en-US", "ru-KG")
    for old, new in changes:
        text = text.replace(old, new)
    return changed((INFO, INFO + text))


BROKEN: list[tuple[str, bytes]] = [
    ("version-old", changed((NAMESPACE, NAMESPACE_11), ("<responseType>Avoid", "<responseType>Prepare"))),
    ("element-unknown", changed(("<scope>", "<colour>red</colour><scope>"))),
    ("element-unknown", changed(("<scope>", '<x xmlns="urn:x"/><scope>'))),
    ("element-unknown", changed(("<scope>", "<password>x</password><scope>"))),
    ("element-order", changed((SENT, ""), (PUBLIC, PUBLIC + SENT))),
    ("element-order", changed(("<info>", '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/><info>'))),
    ("element-repeated", changed((SENT, SENT * 2))),
    ("element-missing", changed((SENT, ""))),
    ("element-missing", changed(("mes.1", " "))),
    ("element-missing", changed(("<category>CBRNE</category>", ""))),
    ("element-empty", behind_scope("<references/>")),
    ("element-empty", changed(("<area>" + AREA + "</area>", "<area/>"))),
    ("element-nested", changed(("A cylinder", "A <b>cylinder</b>"))),
    ("text-stray", changed(("<info>", "<info>hello"))),
    ("attribute-unknown", changed(("<info>", '<info id="1">'))),
    ("value-blanks", changed(("Actual", " Actual "))),
    ("value-unknown", changed(("Actual", "actual"))),
    ("value-unknown-info", changed(("<certainty>Observed", "<certainty>Very Likely"))),
    ("identifier-characters", changed(("mes.1", "mes 1"))),
    ("identifier-characters", changed(("<sender>mes@cbrn.kg", "<sender>a&amp;b"))),
    ("time-form", changed(("09:40:00+06:00", "03:40:00Z"))),
    ("time-form", changed(("09:40:00+06:00", "09:40:00.5+06:00"))),
    ("time-form", changed(("09:40:00+06:00", "09:40:00+0600"), ("<expires>2026-03-12T09:40:00+0600</expires>", ""))),
    ("time-offset-missing", changed(("11T09:40:00+06:00", "11T09:40:00"))),
    ("time-value", changed(("2026-03-11T09", "2026-02-29T09"))),
    ("time-value", changed(("11T09:40:00+06:00", "11T09:40:00,06:00"))),
    ("time-value", changed(("11T09:40:00+06:00", "11T09:40:00+15:00"))),
    ("time-value", changed(("2026-03-11T09:40:00+06:00", "yesterday"))),
    ("time-utc", changed(("11T09:40:00+06:00", "11T03:40:00+00:00"))),
    ("language-form", changed(("en-US", "en_US"))),
    ("language-missing", changed(("<language>en-US</language>", ""))),
    ("restriction-missing", changed((PUBLIC, "<scope>Restricted</scope>"))),
    ("restriction-scope", behind_scope("<restriction>TLP:RED</restriction>")),
    ("addresses-missing", changed((PUBLIC, "<scope>Private</scope>"))),
    ("list-quotes", behind_scope('<addresses>"a b</addresses>')),
    ("note-missing", changed(("Actual", "Exercise"))),
    ("references-missing", changed(("<msgType>Alert", "<msgType>Cancel"))),
    ("references-form", behind_scope("<references>mes.0</references>")),
    ("references-form", behind_scope("<references>a, b, 2026-03-11T09:00:00+06:00</references>")),
    ("references-comma", behind_scope("<references>a,b,c,2026-03-11T09:00:00+06:00</references>")),
    ("references-self", behind_scope("<references>mes@cbrn.kg,mes.1,2026-03-11T09:00:00+06:00</references>")),
    ("references-later", behind_scope("<references>mes@cbrn.kg,mes.2,2026-03-11T09:50:00+06:00</references>")),
    ("info-missing", changed((INFO, ""))),
    ("info-categories", info(("CBRNE", "Fire"))),
    (
        "info-codes",
        info(("<expires>", "<eventCode><valueName>a</valueName><value>b</value></eventCode><expires>")),
    ),
    (
        "info-same-text",
        info(("x", "x")).replace(b"A cylinder has cracked.", LONG.encode()),
    ),
    ("expires-before", changed(("2026-03-12T", "2026-03-10T"))),
    ("expires-missing", changed(("<expires>2026-03-12T09:40:00+06:00</expires>", ""))),
    ("unknown-value", changed(("Immediate", "Unknown"))),
    ("headline-missing", changed(("<headline>Chlorine leaks at the waterworks</headline>", ""))),
    ("headline-long", changed(("Chlorine leaks", "Chlorine " * 20))),
    ("description-missing", changed(("<description>A cylinder has cracked.</description>", ""))),
    ("description-repeats", changed(("A cylinder has cracked.", "Chlorine leaks at the waterworks"))),
    ("instruction-missing", changed(("<instruction>Leave across the wind.</instruction>", ""))),
    ("response-missing", changed(("<responseType>Avoid</responseType>", ""))),
    ("sender-name-missing", changed(("<senderName>Ministry of Emergency Situations</senderName>", ""))),
    ("contact-missing", changed(("<contact>112</contact>", ""))),
    ("text-html-tags", changed(("A cylinder", "A &lt;b&gt;cylinder&lt;/b&gt;"))),
    ("text-html-entities", changed(("A cylinder", "A&amp;nbsp;cylinder"))),
    ("web-form", changed(("<contact>", "<web>cbrn.kg</web><contact>"))),
    ("mime-missing", changed(("<area>", "<resource><resourceDesc>map</resourceDesc></resource><area>"))),
    ("mime-form", changed(("<area>", RESOURCE.format("").replace("image/png", "png")))),
    ("size-form", resource("<size>5 kB</size>")),
    ("uri-form", resource("<uri>http://a/b c</uri>")),
    ("uri-form", resource("<uri>http://a/%zz</uri>")),
    ("uri-relative", resource("<uri>map.png</uri>")),
    ("deref-form", resource("<uri>map.png</uri><derefUri>AB==</derefUri>")),
    ("digest-form", resource("<digest>abc</digest>")),
    ("area-missing", changed((f"<area>{AREA}</area>", ""))),
    ("area-shape-missing", area("")),
    ("polygon-form", area("<polygon>1,1;1,2;2,2;1,1</polygon>")),
    ("polygon-form", area("<polygon>1e3,1 1,2 2,2 1,1</polygon>")),
    ("polygon-blanks", area("<polygon>1,1\n1,2 2,2 1,1</polygon>")),
    ("polygon-empty", area("<polygon/>")),
    ("polygon-few", area("<polygon>1,1 2,2 1,1</polygon>")),
    ("polygon-open", area("<polygon>1,1 1,2 2,2 2,1</polygon>")),
    ("polygon-range", area("<polygon>1,1 91,2 2,2 1,1</polygon>")),
    ("polygon-crossing", area("<polygon>1,1 2,2 1,2 2,1 1,1</polygon>")),
    ("polygon-flat", area("<polygon>1,1 2,2 3,3 1,1</polygon>")),
    ("polygon-flat", area("<polygon>1,1 1,1 1,1 1,1</polygon>")),
    ("polygon-meridian", area("<polygon>10,170 10,-170 20,-170 20,170 10,170</polygon>")),
    ("polygon-pole", area("<polygon>80,0 80,90 80,180 80,-90 80,0</polygon>")),
    ("circle-form", area("<circle>1,1</circle>")),
    ("circle-range", area("<circle>1,181 1</circle>")),
    ("circle-radius", area("<circle>1,1 -1</circle>")),
    ("circle-zero", area("<circle>1,1 0</circle>")),
    ("circle-large", area("<circle>1,1 5000</circle>")),
    ("altitude-form", area("<circle>1,1 1</circle><altitude>high</altitude>")),
    ("ceiling-alone", area("<circle>1,1 1</circle><ceiling>5</ceiling>")),
    ("ceiling-below", area("<circle>1,1 1</circle><altitude>9</altitude><ceiling>5</ceiling>")),
]


def found(rule: str, faults: list[Fault]) -> Fault:
    return next(fault for fault in faults if fault.rule == rule)


@pytest.mark.parametrize(
    ("rule", "document"), BROKEN, ids=[f"{rule}-{place}" for place, (rule, _) in enumerate(BROKEN)]
)
def test_a_broken_rule_is_found_with_line_place_and_remedy(rule: str, document: bytes) -> None:
    """And it is as bad as the profile says."""
    for profile, severity in (("strict", rules()[rule].strict), ("lenient", rules()[rule].lenient)):
        fault = found(rule, check(document, profile))
        assert fault.severity == severity
        assert fault.line is not None
        assert fault.where.startswith("alert")
        assert fault.message
        assert fault.hint


def test_nothing_is_said_against_a_good_document() -> None:
    """Neither by the standard nor for the better."""
    assert check(GOOD.encode(), "strict") == check(GOOD.encode(), "lenient") == []


def test_every_rule_of_the_list_is_found_somewhere() -> None:
    """A rule that no test breaks may be one that nothing looks for."""
    tried = {rule for rule, _ in BROKEN} | {rule for _, rule in HOSTILE.values()}
    assert set(rules()) <= tried
    assert all(rule.hint and rule.source for rule in rules().values())


def test_the_line_is_that_of_the_fault() -> None:
    """Thousands of lines are looked through by it."""
    lines = GOOD.splitlines()
    document = changed(("<severity>Severe", "<severity>Bad"))
    fault = found("value-unknown-info", check(document))
    assert "<severity>" in lines[(fault.line or 0) - 1]
    assert fault.where == "alert/info[1]/severity"
    assert "Extreme, Severe, Moderate, Minor, Unknown" in fault.message


def test_all_faults_are_told_at_once_by_line() -> None:
    """Whoever mends a document does so once."""
    document = changed(("Actual", "real"), ("Immediate", "now"), ("112", ""))
    faults = check(document)
    assert [fault.rule for fault in faults if fault.severity == "error"] == [
        "value-unknown",
        "value-unknown-info",
        "element-empty",
    ]
    assert [fault.line for fault in faults] == sorted(fault.line or 0 for fault in faults)


def test_a_value_in_small_letters_is_told_what_is_meant() -> None:
    """The commonest slip of all."""
    assert "«Actual» may be meant" in found("value-unknown", check(changed(("Actual", "ACTUAL")))).message


def test_1_1_is_held_to_its_own_rules() -> None:
    """It had no form for times, let a media type out, and had two response types fewer."""
    old = (NAMESPACE, NAMESPACE_11)
    fewer = ("<responseType>Avoid", "<responseType>Monitor")
    late = changed(old, fewer, ("09:40:00+06:00", "03:40:00Z"))
    assert not [fault for fault in check(late) if fault.severity == "error"]
    assert found("value-unknown-info", check(changed(old))).severity == "error"


@pytest.mark.parametrize("kind", ["Ack", "Error"])
def test_an_answer_needs_no_info(kind: str) -> None:
    """It says only what it is an answer to."""
    references = "<note>received</note><references>kz@x.kz,1,2026-03-11T09:00:00+06:00</references>"
    document = changed((INFO, ""), ("<msgType>Alert", f"<msgType>{kind}"), (PUBLIC, PUBLIC + references))
    assert check(document) == []
