"""A desk with something to draw: situations that answer, are late and are new, a station above its limit, a log."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.builders.desk_store import START, Told
from tests.builders.golden import event

from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import to_topic

if TYPE_CHECKING:
    from cbrn_consumers.desk.store import Store

NOW = START + timedelta(minutes=30)
STATION = "minkush-gamma-1"
HOSTILE = "</title><script>alert(1)</script>&\"'<style>"


def headline(text):
    return {"texts": {"ky": {"headline": text}, "ru": {"headline": text}, "en": {"headline": text}}}


async def scene(store: Store, *bodies: str) -> Told:
    """Four situations of these bodies, the first of them late everywhere; a station; answers."""
    told = Told(store)
    soon, later = timedelta(minutes=20), timedelta(minutes=50)
    await told.tell(*bodies, situation="KG-2026-late", severity="Extreme", place="41708203", within=soon)
    await told.tell(
        *bodies, situation="KG-2026-new", severity="Severe", place="41706242", within=later, role="support",
        at=START + timedelta(minutes=5),
    )  # fmt: skip
    await told.tell(*bodies, situation="KG-2026-seen", severity="Moderate", place="41707220", within=later)
    await told.tell(
        *bodies, situation="KG-2026-odd", severity="Minor", place="41711", role="inform", within=None,
        **headline(HOSTILE),
    )  # fmt: skip
    for number, body in enumerate(bodies):
        at = START + timedelta(minutes=7 + number)
        await told.answer(body, "acknowledged", situation="KG-2026-seen", by=f"Officer of {body}", at=at)
    return told


async def station(told: Told, body: str, values: list[float], *, name: str = STATION, severity: str = "Severe") -> None:
    """What a station gave every ten minutes, up to now; the latest message has this severity."""
    first = NOW - timedelta(minutes=10) * (len(values) - 1)
    for index, value in enumerate(values):
        at = first + index * timedelta(minutes=10)
        quantity = {"quantity": "ambient-dose-equivalent-rate", "value": value, "unit": "uSv/h"}
        last = index == len(values) - 1
        said = event(
            "gamma-dose-rate", station=name, observed=rfc3339(at), reported=rfc3339(at), reading=quantity,
            background=None, severity=severity if last else "Minor",
        )  # fmt: skip
        headers = binary_headers(
            id=f"{name}-{index}", source="/mes-hydromet", type="kg.cbrn.monitoring.gamma-dose-rate.v1", time=rfc3339(at)
        )
        order = {"role": "inform", "rule": "dose-rate", "rulebook": "0" * 12, "place": "41704235"}
        headers += [(f"cbrn_{key}", text.encode()) for key, text in order.items()]
        value_of = said.model_dump_json(exclude_none=True).encode()
        topic = to_topic(told.records.realm, body, "monitoring")
        await told.store.take([told.records.record(topic, name.encode(), headers, value_of, at)])
