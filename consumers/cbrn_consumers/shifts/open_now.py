"""What is open when a watch changes hands: all that a body was told and has not ended, also what silences hide."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cbrn_consumers.inbox import in_order
from cbrn_consumers.inbox.reader import InboxReader, Options
from cbrn_schemas.topics import Lane

if TYPE_CHECKING:
    from cbrn_consumers.inbox import OwnAnswers, View
    from cbrn_schemas.settings import Settings


async def open_view(settings: Settings, body: str) -> tuple[View, OwnAnswers]:
    """Read what a body was told and has not ended, what is to be answered first.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    async with InboxReader(settings, body, Options(lanes=(Lane.INCIDENTS,))) as reader:
        view = reader.inbox.view(reader.clock())
    hidden = [line for each in view.hidden for line in each.lines]
    matters = [one for one in in_order((*view.lines, *hidden), reader.answers, view.at) if not one.ended]
    lines = tuple(line for one in matters for line in (one.line, *one.beside))
    return replace(view, lines=lines, hidden=()), reader.answers
