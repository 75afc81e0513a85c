"""Does a client in any language publish as the bus expects? Asked of each record, with the router's own code. Pure."""

from cbrn_routing.conformance.findings import Check, Finding, State
from cbrn_routing.conformance.judge import Judge, Told, Verdict
from cbrn_routing.conformance.report import SIGNS, Line, page, summary

__all__ = ["SIGNS", "Check", "Finding", "Judge", "Line", "State", "Told", "Verdict", "page", "summary"]
