"""Events that raise a doubt by themselves, and what is to be said of them: doubt, field, a part of the message."""

from __future__ import annotations

from typing import Any

from tests.builders.golden import chlorine, example

from cbrn_schemas.errors import Doubt

DANGER = example("gamma-dose-rate", body="mes", severity="Minor", reading={"value": 230, "unit": "uSv/h"})
FRESH = {"observed": "2026-11-23T05:50:00Z", "reported": "2026-11-23T05:55:00Z"}
CASES: dict[str, tuple[dict[str, Any], tuple[tuple[Doubt, str, str], ...]]] = {
    "coordinates exchanged": (
        chlorine(where={"point": {"lat": 74.57, "lon": 42.87}}),
        (
            (Doubt.PLACE_ABROAD, "where.point", "lat 74.57, lon 42.87 is abroad"),
            (Doubt.PLACE_SWAPPED, "where.point", "lat 42.87, lon 74.57 is in the country: Bishkek"),
        ),
    ),
    "coordinates exchanged beside a site": (
        chlorine(where={"site": "F04", "point": {"lat": 74.57, "lon": 42.87}}),
        (
            (Doubt.PLACE_CONTRADICTS, "where.point", "where.site F04: Jumgal district; where.point lat 74.57"),
            (Doubt.PLACE_SWAPPED, "where.point", "Bishkek"),
        ),
    ),
    "a point in Almaty": (
        chlorine(where={"point": {"lat": 43.24, "lon": 76.89}}),
        ((Doubt.PLACE_ABROAD, "where.point", "Kazakhstan"),),
    ),
    "an unknown site": (chlorine(where={"site": "F99"}), ((Doubt.PLACE_UNKNOWN, "where.site", "F99"),)),
    "an unknown crossing": (
        chlorine(where={"crossing": "ak-jo"}),
        ((Doubt.PLACE_UNKNOWN, "where.crossing", "ak-jo"),),
    ),
    "a district that does not exist": (
        chlorine(where={"district": "41708230"}),
        ((Doubt.PLACE_UNKNOWN, "where.district", "41708230"),),
    ),
    "site and further district unknown": (
        chlorine(where={"district": "41708203", "site": "F99", "further_districts": ["41711", "41709999"]}),
        (
            (Doubt.PLACE_UNKNOWN, "where.site", "F99"),
            (Doubt.PLACE_UNKNOWN, "where.further_districts.1", "41709999"),
        ),
    ),
    "two codes of different places": (
        chlorine(where={"district": "41711", "site": "F04"}),
        ((Doubt.PLACE_CONTRADICTS, "where.district", "where.site F04: Jumgal district"),),
    ),
    "observed in 2027": (
        chlorine(observed="2027-01-01T00:00:00Z"),
        ((Doubt.CLOCK_AHEAD, "observed", "01.01.2027 00:00 UTC"),),
    ),
    "reported days ago": (
        chlorine(reported="2026-11-20T05:55:00Z"),
        ((Doubt.REPORTED_LATE, "reported", "20.11.2026 05:55 UTC"),),
    ),
    "230 uSv/h rated Minor": (
        DANGER | FRESH,
        ((Doubt.SEVERITY_RAISED, "severity", "as Severe, not as Minor: reading"),),
    ),
    "severity left out": (chlorine(severity=None), ((Doubt.SEVERITY_MISSING, "severity", "not said"),)),
    "severity left out, and three dead": (
        chlorine(severity=None, dead=3),
        ((Doubt.SEVERITY_MISSING, "severity", ""), (Doubt.SEVERITY_RAISED, "severity", "dead: 3")),
    ),
    "near the border, perhaps": (
        chlorine(severity="Minor"),
        ((Doubt.BORDER_ESTIMATED, "where.point", "Kazakhstan"),),
    ),
    "a guess that nobody has verified": (
        chlorine(verified=False, substances=[{"cas": "7782-50-5"}, {"un_number": "1017", "confirmed": False}]),
        ((Doubt.SUBSTANCE_UNCONFIRMED, "substances.1", "UN 1017"), (Doubt.CLAIM_UNVERIFIED, "verified", "")),
    ),
    "an agent that is in no catalogue": (
        example("human-disease", agent={"code": "antrax", "confirmed": True}, **FRESH),
        ((Doubt.SUBSTANCE_UNCONFIRMED, "agent.code", "antrax"),),
    ),
    "all well": (chlorine(), ()),
    "all over, and no severity": (chlorine(severity=None, message_type="Cancel"), ()),
    "a reading without severity": (example("water-quality", severity=None, **FRESH), ()),
}  # fmt: skip
