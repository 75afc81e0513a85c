"""Where every body stands on every situation: who was told, who has answered, who is missing.

`fold`, and what it uses, is pure: alerts and receipts in, in any order, standings out, the time an argument. `reader`
brings both from Kafka without taking part, `as_json` and `figures` say what came out.
"""

from cbrn_consumers.standing.figures import AskTimes, Figures, figures, figures_of
from cbrn_consumers.standing.fold import SITUATIONS_MAX, SituationStanding, Standings
from cbrn_consumers.standing.others import Other, Others, others_json, others_of, read_others
from cbrn_consumers.standing.party import (
    ANSWERS,
    ASKED,
    Answer,
    Ask,
    PartyStanding,
    State,
    Stray,
    party_standing,
)
from cbrn_consumers.standing.told import Change, Facts, Named, Told, changes, told_of

__all__ = [
    "ANSWERS",
    "ASKED",
    "SITUATIONS_MAX",
    "Answer",
    "Ask",
    "AskTimes",
    "Change",
    "Facts",
    "Figures",
    "Named",
    "Other",
    "Others",
    "PartyStanding",
    "SituationStanding",
    "Standings",
    "State",
    "Stray",
    "Told",
    "as_json",
    "changes",
    "delivered",
    "figures",
    "figures_of",
    "others_json",
    "others_of",
    "party_standing",
    "read_others",
    "reader",
    "told_of",
]
