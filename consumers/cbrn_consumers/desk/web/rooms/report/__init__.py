"""Reports as pages: the kind, the form, the map that is pressed, what will happen, the receipt.

`pressing` is pure; `look` works out what sending would do, `pages` makes the answers, `routes` says which.
"""

from cbrn_consumers.desk.web.rooms.report.routes import ROOM

__all__ = ["ROOM", "pages"]
