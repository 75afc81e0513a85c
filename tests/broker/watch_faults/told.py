"""What bodies were told of the others, held against what was told and answered: the last word true, none said twice."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cbrn_schemas.standing_record import SituationStands

    from .checker import Case


def check_standings(cases: list[Case], told: list[tuple[str, SituationStands]]) -> list[str]:
    """Say what is wrong with records that bodies were told, in the order of each partition."""
    found: dict[tuple[str, str], list[SituationStands]] = defaultdict(list)
    for body, stands in told:
        found[body, stands.situation].append(stands)
    wrong = [
        f"{body} was told twice that {one.situation} is so: {one}"
        for (body, _), said in found.items()
        for one, other in pairwise(said)
        if one.model_copy(update={"at": other.at}) == other
    ]
    whole: dict[str, dict[str, tuple[str, int]]] = defaultdict(dict)
    for case in cases:
        wanted = case.wanted()
        whole[case.situation][case.body] = case.last or "addressed", 0 if wanted is None else wanted[1]
    for situation, wanted_of in whole.items():
        for body in wanted_of:
            said = found.pop((body, situation), [])
            last = {each.body: (each.state, each.level) for each in said[-1].parties} if said else None
            if last != wanted_of:
                wrong.append(f"{body} was last told of {situation}: {last}, not {wanted_of}")
    return wrong + [f"{body} was told of {situation}, and was not told of it" for body, situation in found]
