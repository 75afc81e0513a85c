"""A body's watch: who is on duty, by its rota and by what was said since, and whether they can be reached.

`shifts`, `calendar`, `officers`, `log` and `duty` are pure: bytes and facts in, shifts and findings out, the time an
argument. `files` reads a folder, `reader` the bus. Officers' numbers leave `cbrn_schemas.officers` for senders alone.
"""

from cbrn_consumers.rota.calendar import Rota, entries_of, read_rota, written
from cbrn_consumers.rota.duty import (
    Duty,
    ShiftAlarm,
    alarms_at,
    duty_at,
    findings_between,
    reaches,
    shift_to_take,
    trouble,
    until_of,
)
from cbrn_consumers.rota.entries import BISHKEK, Entry
from cbrn_consumers.rota.files import Roster, Rosters, keep_rota, read_officers_of, read_roster
from cbrn_consumers.rota.findings import Finding, FindingType, NoRotaError, RotaError, RotaFileError
from cbrn_consumers.rota.log import Held, Reach, ShiftLog, Tested
from cbrn_consumers.rota.officers import read_officers
from cbrn_consumers.rota.shifts import Shift, Stretch, holes, on_duty, overlaps, stretches, swapped

__all__ = [
    "BISHKEK",
    "Duty",
    "Entry",
    "Finding",
    "FindingType",
    "Held",
    "NoRotaError",
    "Reach",
    "Roster",
    "Rosters",
    "Rota",
    "RotaError",
    "RotaFileError",
    "Shift",
    "ShiftAlarm",
    "ShiftLog",
    "Stretch",
    "Tested",
    "alarms_at",
    "channel_tests",
    "duty_at",
    "entries_of",
    "findings_between",
    "holes",
    "keep_rota",
    "on_duty",
    "overlaps",
    "reaches",
    "read_officers",
    "read_officers_of",
    "read_roster",
    "read_rota",
    "reader",
    "shift_to_take",
    "stretches",
    "swapped",
    "trouble",
    "until_of",
    "written",
]
