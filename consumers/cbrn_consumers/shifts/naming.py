"""Whom an answer, a test or a hand-over is about: an officer of the body's file, by post. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_consumers.rota import shift_to_take
from cbrn_consumers.shifts.errors import Refusal, RefusedError
from cbrn_schemas.catalogue.spelling import did_you_mean

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_consumers.rota import Roster
    from cbrn_schemas.officers import Officer


def officer_of(roster: Roster, post: str) -> Officer:
    """Find an officer; where there is no file of officers, nobody is known.

    Raises:
        RefusedError: nobody has that post.
    """
    posts = [] if roster.officers is None else [each.post for each in roster.officers.officers]
    officer = None if roster.officers is None else roster.officers.officer(post)
    if officer is None:
        hint = did_you_mean(post, posts, f"The posts are: {', '.join(posts) or 'none'}.")
        raise RefusedError(Refusal.UNKNOWN_POST, f"no officer of {roster.rota.body} has the post {post[:40]!r}", hint)
    return officer


def first_post(roster: Roster, at: datetime) -> str:
    """Return who is first then, or is about to be.

    Raises:
        RefusedError: the rota has nobody.
    """
    turn = shift_to_take(roster.rota, "first", at)
    if turn is None:
        raise RefusedError(Refusal.NOBODY_NOW, "the rota has nobody first now", "Say whose channels: --post duty-1")
    return turn.post
