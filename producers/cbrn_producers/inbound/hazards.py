"""Whether a partner's alert is about chemical, biological, radiological or nuclear danger, by its codes. Pure.

The words of an alert are not read for it: a machine that guesses would send a report about a «nuclear family» to the
ministry, and miss the Kazakh one about ammonia. What has no code that is known, and no category CBRNE, is left alone;
a table in the configuration teaches a partner's own codes.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple, get_args

from cbrn_schemas.events.base import Hazard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_schemas.formats.cap.model import CapAlert

CBRNE = "CBRNE"
"""CAP's category: it names no letter of them, and explosives too."""


class Meaning(NamedTuple):
    """What one code means: a code of a list, or where `scheme` is `category` one of CAP's categories."""

    scheme: str
    value: str
    hazard: Hazard
    identified: bool = True
    """False where it may be another hazard just as well."""
    concerns: tuple[str, ...] = ()


class Danger(NamedTuple):
    """What an alert is about."""

    hazard: Hazard
    further: tuple[Hazard, ...]
    identified: bool
    concerns: tuple[str, ...]


@cache
def shipped() -> tuple[Meaning, ...]:
    """Return what the OASIS event terms mean (`data/event_codes.csv`)."""
    hazards = {str(hazard): hazard for hazard in get_args(Hazard)}
    text = resources.files(__package__).joinpath("data/event_codes.csv").read_text(encoding="utf-8")
    return tuple(
        Meaning(
            row["scheme"],
            row["value"],
            hazards[row["hazard"]],
            row["identified"] == "yes",
            tuple(filter(None, row["concerns"].split("|"))),
        )
        for row in csv.DictReader(text.splitlines())
    )


def danger_of(alert: CapAlert, own: tuple[Meaning, ...] = ()) -> Danger | None:
    """Return what an alert is about; None where no code of it says anything of ours."""
    found = list(_found(alert, own)) or list(_found(alert, shipped()))
    if not found:
        if any(CBRNE in info.categories for info in alert.infos):
            return Danger("chemical", (), identified=False, concerns=())
        return None
    certain = [one for one in found if one.identified] or found
    hazards = tuple(dict.fromkeys(one.hazard for one in certain))
    concerns = tuple(dict.fromkeys(each for one in found for each in one.concerns))
    return Danger(hazards[0], hazards[1:4], certain[0].identified, concerns)


def _found(alert: CapAlert, table: tuple[Meaning, ...]) -> Iterator[Meaning]:
    codes = (code for info in alert.infos for code in info.event_codes)
    said = {(code.name.strip().casefold(), code.value.strip().casefold()) for code in codes}
    said |= {("category", category.casefold()) for info in alert.infos for category in info.categories}
    return (one for one in table if (one.scheme.casefold(), one.value.casefold()) in said)
