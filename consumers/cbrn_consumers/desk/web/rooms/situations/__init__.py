"""Situations as pages: the list, one whole, and what is answered.

`acting`, `foreign`, `listing` and `timeline` are pure; `sheet` puts one situation together, `drawing` what open pages
are told; `routes` and `document_pages` answer.
"""

from cbrn_consumers.desk.web.rooms.situations.routes import ROOM

__all__ = ["ROOM", "drawing"]
