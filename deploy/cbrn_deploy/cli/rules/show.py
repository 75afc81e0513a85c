"""`cbrn rules test` and `cbrn rules show`: the examples beside the rules tried, and the rules in words."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbrn_deploy.cli.completion import complete_rules_bodies_kinds
from cbrn_deploy.cli.invocation import EXIT_FAILED, Invocation
from cbrn_deploy.cli.parameters import BookArgument, BookOption, OnOption, UsageError, day_of
from cbrn_deploy.cli.printing import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_routing.rulebook import CaseFailure, Matcher, Rule, RuleBook


@Invocation.takes("realm", "servers", "lang", "json")
def try_cases(
    call: Invocation,
    book: BookArgument = "national",
    *,
    on: OnOption = None,
) -> None:
    """Try the cases written beside the rules of BOOK. A failing one shows expected against got; exit status 1."""
    from cbrn_routing.rulebook import Eras, cases_of, failing_cases

    day = day_of(on)
    found = call.book(book)
    matcher = Eras(found.book).on(day)
    failed = [list(group) for _, group in groupby(failing_cases(matcher), key=lambda each: (each.rule, each.case))]
    total = len(cases_of(found.book))
    if call.as_json:
        failures = [failure_json(matcher, differences) for differences in failed]
        answer = {"book": found.book.digest, "on": day.isoformat(), "cases": total, "failed": failures}
        print(json_text(answer))
    else:
        from cbrn_deploy.cli.rules.rules_screen import show_failures

        show_failures(found.label, matcher, total, failed, call.language)
    if failed:
        raise typer.Exit(EXIT_FAILED)


@Invocation.takes("realm", "servers", "lang", "json")
def show(
    call: Invocation,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="RULE|BODY|KIND",
            help="Id of a rule, a body, or a kind of event.",
            autocompletion=complete_rules_bodies_kinds,
            show_default=False,
        ),
    ] = None,
    *,
    rulebook: BookOption = "national",
) -> None:
    """Show the rules in words: all of them, one, those that name a body, or those that can match a kind of event.

    A rule of duties is shown by its id.
    """
    found = call.book(rulebook)
    duties = [duty for duty in found.book.duties if name in {None, duty.id}]
    rules = [] if duties and name is not None else chosen(found.book, name)
    if call.as_json:
        answer = {
            "book": found.book.digest,
            "rules": [rule_json(rule) for rule in rules],
            "duties": [duty.model_dump(mode="json", exclude_none=True) for duty in duties],
        }
        print(json_text(answer))
        return
    from cbrn_deploy.cli.rules.rules_screen import show_duty, show_list, show_rule

    if duties and not rules:
        show_duty(duties[0], call.language)
    if rules and rules[0].id == name:
        show_rule(rules[0], call.language)
        rules = rules[1:]  # the name of a rule may be that of a kind, too
    show_list(found.label, rules, call.language)


def chosen(book: RuleBook, name: str | None) -> list[Rule]:
    """Return the rules that a person asks for, the one of that very name first; end the command where none is meant."""
    from cbrn_schemas.catalogue.bodies import bodies, find_body
    from cbrn_schemas.catalogue.spelling import did_you_mean
    from cbrn_schemas.events import EVENT_TYPES

    if name is None:
        return list(book.rules)
    exact = [rule for rule in book.rules if rule.id == name]
    if name in EVENT_TYPES:
        return exact + [rule for rule in book.rules if rule not in exact and _can_match(rule, name)]
    if exact:
        return exact
    body = find_body(name)
    if body is not None:
        return [rule for rule in book.rules if _names(rule, body.code)]
    known = [*(rule.id for rule in book.rules), *bodies(), *EVENT_TYPES]
    hint = did_you_mean(name, known, "`cbrn rules show` lists all rules.")
    raise UsageError(f"«{name}» is neither a rule of this book, nor a body, nor a kind of event", hint)


def rule_json(rule: Rule) -> dict[str, Any]:
    """Return a rule for machines, as it is written, bases in full."""
    return {**rule.model_dump(mode="json", exclude_none=True), "acknowledge_within_s": rule.acknowledge_within_s}


def failure_json(matcher: Matcher, differences: list[CaseFailure]) -> dict[str, Any]:
    """Return a failing case for machines."""
    from cbrn_routing.rulebook import case_of, rules_of_case

    case = case_of(matcher.book, differences[0])
    return {
        "rule": differences[0].rule,
        "case": differences[0].case,
        "facets": {name: list(values) for name, values in case.facets.conditions().items()},
        "matching": rules_of_case(matcher, case),
        "differences": [
            {"field": each.field, "expected": _plain(each.expected), "got": _plain(each.got)} for each in differences
        ],
    }


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, set | frozenset) else value


def _can_match(rule: Rule, kind: str) -> bool:
    """Tell whether some event of the kind can meet the rule's conditions, as far as lane, hazard and kind go."""
    from cbrn_routing.rulebook.vocabulary import HAZARDS_OF, lane_of_kind

    named = rule.when.conditions()
    return (
        kind in named.get("kind", (kind,))
        and lane_of_kind(kind) in named.get("lane", (lane_of_kind(kind),))
        and not set(HAZARDS_OF[kind]).isdisjoint(named.get("hazard", HAZARDS_OF[kind]))
    )


def _names(rule: Rule, body: str) -> bool:
    """Tell whether the rule names the body, or a symbol that can stand for it."""
    return body in {code for name in _words(rule) for code in (name, *_stands_for(name))}


def _words(rule: Rule) -> Iterator[str]:
    if rule.lead is not None:
        yield rule.lead
    yield from (*rule.support, *rule.inform, *rule.partners)


def _stands_for(name: str) -> frozenset[str]:
    from cbrn_routing.explain import stands_for
    from cbrn_routing.rulebook import Directory

    return stands_for(Directory.from_catalogue(), name)
