"""CAP documents to test with: a good one, and ones with a change."""

from __future__ import annotations

from datetime import UTC, datetime

from cbrn_schemas.formats.cap.model import NAMESPACE, Reference

SENT = datetime(2026, 3, 11, 3, 40, tzinfo=UTC)
EARLIER = Reference("mes@cbrn.kg", "mes.0", datetime(2026, 3, 11, 3, 0, tzinfo=UTC))
AREA = "<areaDesc>Jayyl</areaDesc><circle>42.811,73.845 0.2</circle>"
INFO = f"""<info>
<language>en-US</language>
<category>CBRNE</category>
<event>Chemical release</event>
<responseType>Avoid</responseType>
<urgency>Immediate</urgency>
<severity>Severe</severity>
<certainty>Observed</certainty>
<expires>2026-03-12T09:40:00+06:00</expires>
<senderName>Ministry of Emergency Situations</senderName>
<headline>Chlorine leaks at the waterworks</headline>
<description>A cylinder has cracked.</description>
<instruction>Leave across the wind.</instruction>
<contact>112</contact>
<area>{AREA}</area>
</info>
"""
GOOD = f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="{NAMESPACE}">
<identifier>mes.1</identifier>
<sender>mes@cbrn.kg</sender>
<sent>2026-03-11T09:40:00+06:00</sent>
<status>Actual</status>
<msgType>Alert</msgType>
<scope>Public</scope>
{INFO}</alert>
"""
"""Nothing is to be said against it."""


def changed(*changes: tuple[str, str]) -> bytes:
    """The good document with parts of its text put in the place of others, each of which must be there."""
    text = GOOD
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def area(inside: str) -> bytes:
    """The good document with another area."""
    return changed((AREA, f"<areaDesc>x</areaDesc>{inside}"))
