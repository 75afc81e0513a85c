"""The rule book: its language, its content as one book, the matcher that decides by it. Pure: no clock, no network."""

from cbrn_routing.rulebook.book import RuleBook, national_rulebook
from cbrn_routing.rulebook.cases import CaseFailure, case_facets, case_of, cases_of, failing_cases, rules_of_case
from cbrn_routing.rulebook.conditions import condition_rule
from cbrn_routing.rulebook.directory import Directory
from cbrn_routing.rulebook.duty_rules import DutyRule, RuleFile, json_schema
from cbrn_routing.rulebook.eras import Eras
from cbrn_routing.rulebook.errors import LeadConflictError, Problem, RulebookError, RuleFileError, UnknownRuleError
from cbrn_routing.rulebook.language import Basis, Case, Rule, Title, When
from cbrn_routing.rulebook.matcher import Matcher

__all__ = [
    "Basis",
    "Case",
    "CaseFailure",
    "Directory",
    "DutyRule",
    "Eras",
    "LeadConflictError",
    "Matcher",
    "Problem",
    "Rule",
    "RuleBook",
    "RuleFile",
    "RuleFileError",
    "RulebookError",
    "Title",
    "UnknownRuleError",
    "When",
    "case_facets",
    "case_of",
    "cases_of",
    "condition_rule",
    "eras",
    "failing_cases",
    "json_schema",
    "language",
    "matcher",
    "national_rulebook",
    "overlap",
    "reading",
    "rules_of_case",
    "vocabulary",
]
