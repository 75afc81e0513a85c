"""Who may change whose account at a desk: one's own body's, never oneself's rights, never the last administrator's."""

from cbrn_consumers.desk.web.people.keeping import Keeping, Ruling, RulingError

__all__ = ["Keeping", "Ruling", "RulingError"]
