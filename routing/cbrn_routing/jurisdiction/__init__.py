"""Whose business is this place?

District, region, country, neighbours and the country down the river, for a code, a site, a crossing or a point.
Geometry and catalogue only: no I/O, no clock.
"""

from cbrn_routing.jurisdiction.gazetteer import Gazetteer
from cbrn_routing.jurisdiction.located import Confidence, Located, Method

__all__ = ["Confidence", "Gazetteer", "Located", "Method", "claims", "outlines", "plane", "projection"]
