"""Why something cannot be said of a watch: a closed list, so that a page has words for each in every language."""

from __future__ import annotations

from enum import StrEnum

from cbrn_consumers.rota import RotaError


class Refusal(StrEnum):
    """Why it was not done. Nothing was written."""

    NOBODY_NOW = "nobody-now"
    """The rota has nobody on that seat, and no post was named."""
    NOBODY_NEXT = "nobody-next"
    UNKNOWN_POST = "unknown-post"
    NO_CHANNEL = "no-channel"
    UNKNOWN_CODE = "unknown-code"
    CHANNEL_GONE = "channel-gone"
    NO_SHIFT = "no-shift"
    SAME_OFFICER = "same-officer"
    BROKEN_CALENDAR = "broken-calendar"
    CHANGED_SINCE = "changed-since"
    NO_OVERRIDE = "no-override"
    TIMES = "times"
    LAST_ENTRY = "last-entry"
    GUESSED = "guessed"
    """Too many codes were wrong."""


class RefusedError(RotaError):
    """Something that cannot be said of a watch; `refusal` tells a program why."""

    def __init__(self, refusal: Refusal, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.refusal = refusal
