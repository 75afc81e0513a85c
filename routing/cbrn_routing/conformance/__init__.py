"""Does a client in any language publish as the bus expects? Asked of each record, with the router's own code. Pure."""

from cbrn_routing.conformance.findings import Check, Finding, State
from cbrn_routing.conformance.judge import Judge, Told, Verdict
from cbrn_routing.conformance.report import SIGNS, Line, Report, page

__all__ = ["SIGNS", "Check", "Finding", "Judge", "Line", "Report", "State", "Told", "Verdict", "page"]
