"""Maps, plots and figures, drawn by the server as SVG. Pure; no page.

`country_map` and `place_map` lay marks over the ground, each with the same in words; `readings_plot`, `bar_plot` and
`load_plot` draw numbers; `loads` works out ISA-18.2's figures. All by classes alone: a page's sheet gives the looks.
"""

from cbrn_consumers.desk.picture.bars import Bar, bar_plot
from cbrn_consumers.desk.picture.country import country_map, placed
from cbrn_consumers.desk.picture.load_plot import load_plot, load_words
from cbrn_consumers.desk.picture.marks import Mark, Post, Spot
from cbrn_consumers.desk.picture.place import place_map, place_words
from cbrn_consumers.desk.picture.readings import Curve, Limit, Read, readings_plot, readings_words
from cbrn_consumers.desk.picture.shapes import LEVEL_SIGNS, LEVELS, SIGNS

__all__ = [
    "LEVELS",
    "LEVEL_SIGNS",
    "SIGNS",
    "Bar",
    "Curve",
    "Limit",
    "Mark",
    "Post",
    "Read",
    "Spot",
    "bar_plot",
    "country_map",
    "ground",
    "load_plot",
    "load_words",
    "loads",
    "place_map",
    "place_words",
    "placed",
    "readings_plot",
    "readings_words",
    "svg",
]
