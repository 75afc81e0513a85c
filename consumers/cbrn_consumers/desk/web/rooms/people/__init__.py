"""The people of the desk: who can sign in, as what; added, changed, disabled; and what became of every sign-in.

`keeping` says who may change whose account, without any page: one's own body's, never oneself's rights, never the last
administrator's; `routes` answers.
"""

from cbrn_consumers.desk.web.rooms.people.routes import ROOM

__all__ = ["ROOM"]
