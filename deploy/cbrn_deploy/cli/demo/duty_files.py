"""The files of a body's officers for the play, list and rota, as `cbrn run notify` reads them; numbers are invented."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from cbrn_consumers.rota import Entry, written
from cbrn_deploy.kafka.private_folder import private_folder

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cbrn_deploy.cli.demo.texts import Speech
    from cbrn_producers.simulator import Duty
    from cbrn_schemas.shift import Seat


def numbers_of(duty: Duty) -> dict[Seat, str]:
    """Return a telephone number for each seat; no network has it."""
    return {seat: f"+99600000000{place}" for place, seat in enumerate(duty.officers, 1)}


def write_duty(folder: Path, duty: Duty, speech: Speech, now: datetime) -> None:
    """Write who is on duty from yesterday to the day after tomorrow, and how each is reached."""
    private_folder(folder)
    numbers = numbers_of(duty)
    officers = [
        {
            "post": f"{seat}-officer",
            "title": speech.words(title),
            "language": speech.lang,
            "channels": [{"name": "mobile", "kind": "sms", "to": numbers[seat]}],
        }
        for seat, title in duty.officers.items()
    ]
    listed = folder / f"{duty.body}.yaml"
    listed.touch(mode=0o600)
    listed.write_text(json.dumps({"body": duty.body, "officers": officers}), encoding="utf-8")
    day = timedelta(days=1)
    shifts = [
        Entry(uid=seat, line=0, seat=seat, post=f"{seat}-officer", replaces=False, begins=now - day, lasts=3 * day)
        for seat in duty.officers
    ]
    (folder / f"{duty.body}.ics").write_bytes(written(shifts))
