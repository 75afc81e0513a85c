"""The picture: the country, who has not answered, readings, the month, the shift's log, and the wall.

`seen` and `month` lay out what the store gives, without any page; `routes` answers.
"""

from cbrn_consumers.desk.web.rooms.picture.routes import ROOM

__all__ = ["ROOM"]
