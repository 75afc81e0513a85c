"""The coverage matrix in words: one page to read and print without a network, or its parts for the desk. One language.

The only module of the package that knows jinja2.
"""

from __future__ import annotations

import json
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from cbrn_routing.explain import stands_for
from cbrn_routing.explain.wording import condition_name, duration_name, when_name
from cbrn_routing.proof.matrix import MEMBERS, Block, Line, Matrix, Named, Recipients, Row, Section, matrix
from cbrn_routing.rulebook import Directory
from cbrn_routing.rulebook.language import SYMBOLS
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.citing import article_name, instrument_name, source_name
from cbrn_schemas.catalogue.naming import body_name, place_name
from cbrn_schemas.catalogue.words import word

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from datetime import date

    from cbrn_routing.proof.findings import Report
    from cbrn_routing.rulebook import Basis, Rule, RuleBook, When
    from cbrn_schemas.events.base import Language

_SETTLED: Final = frozenset({"kind", "hazard", "lane"})
"""Facets that a block of the matrix has settled."""


def page(book: RuleBook, report: Report, lang: Language) -> str:
    """Return the page as HTML, in `lang`. Raises RuleFileError for a book that the matcher refuses."""
    drawn = Drawing(matrix(book, report.on), report, lang, href=lambda rule: f"#r{rule['number']}")
    return drawn.page()


def stylesheet() -> str:
    """Return the style of the parts; everything in it hangs on the class `coverage`."""
    return _source("coverage.css")


class Drawing:
    """A matrix and its proof in one language, drawn whole or in parts: the desk's pages are made of the same parts."""

    def __init__(
        self, shown: Matrix, report: Report, lang: Language, *, href: Callable[[dict[str, Any]], str], body: str = ""
    ) -> None:
        """Make ready what is shown.

        `href` says where a rule (`id`, `number`, `low`) is read; `body` is marked wherever it is told.
        """
        words = _Words(shown, lang, body, report.on)
        self._known: Final[dict[str, Any]] = {
            "lang": lang,
            "t": lambda code: word("matrix", code, lang),
            "word": lambda group, code: word(group, code, lang),
            "href": href,
            "report": report,
            "findings": _grouped(report, lang),
            "hazards": [words.section(section) for section in shown.hazards],
            "general": [words.line(line, frozenset()) for line in shown.general],
            "rules": lambda: [words.rule(rule) for rule in shown.rules],
            "symbols": _symbols(report, lang),
            "bodies": _bodies(shown, lang),
        }

    def page(self) -> str:
        """Draw all of it as a page of its own."""
        return _environment().get_template("page.html.jinja").render(self._known, stylesheet=Markup(stylesheet()))  # noqa: S704 - our own file

    def part(self, name: str) -> Markup:
        """Draw one part, marked as safe: `verdict`, `facts`, `meaning`, `all_findings`, `whatever`, `every_rule`."""
        return Markup(getattr(self._parts, name)())  # noqa: S704 - escaped by the template

    def hazard(self, code: str) -> Markup:
        """Draw one hazard's kinds; nothing of them where there is none with this code."""
        found = (section for section in self._known["hazards"] if section["code"] == code)
        return Markup("").join(Markup(self._parts.hazard(section)) for section in found)  # noqa: S704 - the same

    def kinds(self, code: str) -> list[tuple[str, str]]:
        """List the kinds of a hazard: the name of its place in the part, and its own."""
        found = (section for section in self._known["hazards"] if section["code"] == code)
        return [(f"{code}-{block['code']}", block["kind"]) for section in found for block in section["blocks"]]

    @cached_property
    def _parts(self) -> Any:
        return _environment().get_template("parts.html.jinja").make_module(self._known)


class _Words:
    """The matrix in one language: plain dictionaries for the template."""

    def __init__(self, shown: Matrix, lang: Language, body: str, on: date) -> None:
        self._lang = lang
        self._body = body
        self._standing_for = _standing_for(body, on)
        self._idle = shown.idle
        self._unconfirmed = shown.unconfirmed
        self._numbers = {rule.id: number for number, rule in enumerate(shown.rules, start=1)}

    def section(self, section: Section) -> dict[str, Any]:
        """Return one hazard."""
        return {
            "code": section.hazard,
            "name": word("hazard", section.hazard, self._lang),
            "common": [self.line(line, _SETTLED - {"kind"}) for line in section.common],
            "blocks": [self.block(block) for block in section.blocks],
        }

    def block(self, block: Block) -> dict[str, Any]:
        """Return one kind with its rows and lines."""
        return {
            "code": block.kind,
            "kind": word("kind", block.kind, self._lang),
            "rows": [self._row(row) for row in block.rows],
            "lines": [self.line(line, _SETTLED) for line in block.lines],
        }

    def line(self, line: Line, settled: frozenset[str]) -> dict[str, Any]:
        """Return what a rule adds under its condition, or when it does not act."""
        texts = [self._condition(when, settled) for when in line.when]
        return {
            "stops": line.stops,
            "title": getattr(line.rule.title, self._lang),
            "rule": self._ref(line.rule.id),
            "condition": f" {word('matrix', 'or', self._lang)} ".join(texts),
            "told": self._told(line.told),
        }

    def rule(self, rule: Rule) -> dict[str, Any]:
        """Return a rule with all that it says and all that it rests on."""
        return {
            **self._ref(rule.id),
            "title": getattr(rule.title, self._lang),
            "idle": rule.id in self._idle,
            "when": when_name(rule.when, self._lang),
            "unless": [when_name(unless, self._lang) for unless in rule.unless],
            "bases": [self._basis(basis) for basis in rule.bases],
        }

    def _row(self, row: Row) -> dict[str, Any]:
        unknown = word("matrix", "region-unknown", self._lang)
        places = [unknown if region is None else place_name(region, self._lang) for region in row.regions]
        return {
            "severities": [word("severity", severity, self._lang) for severity in row.severities],
            "codes": row.severities,
            "regions": places or [word("matrix", "all-regions", self._lang)],
            "told": self._told(row.told),
        }

    def _told(self, told: Recipients) -> dict[str, Any]:
        everybody = {each.name for each in (*told.lead, *told.support, *told.inform, *told.partners)}
        # Whom the row names is none of the «other members»: only a body that it does not name is meant by a word.
        marked = {self._body} if self._body in everybody else self._standing_for
        return {
            "lead": self._named(told.lead, marked),
            "support": self._named(told.support, marked),
            "inform": self._named(told.inform, marked),
            "partners": self._named(told.partners, marked),
            "answer": "" if told.acknowledge_within_s is None else duration_name(told.acknowledge_within_s, self._lang),
            "restricted": told.restricted,
        }

    def _named(self, named: tuple[Named, ...], marked: Container[str]) -> list[dict[str, Any]]:
        return [
            {
                "name": self._name(each.name),
                "rules": [self._ref(rule) for rule in each.rules],
                "marked": each.name in marked,
            }
            for each in named
        ]

    def _name(self, name: str) -> str:
        if name == MEMBERS:
            return word("matrix", "other-members", self._lang)
        return word("symbol", name.strip("{}"), self._lang) if name.startswith("{") else body_name(name, self._lang)

    def _ref(self, rule: str) -> dict[str, Any]:
        return {"id": rule, "number": self._numbers[rule], "low": rule in self._unconfirmed}

    def _condition(self, when: When, settled: frozenset[str]) -> str:
        named = when.conditions()
        left = {facet: values for facet, values in named.items() if facet not in settled}
        return "; ".join(condition_name(facet, values, self._lang) for facet, values in (left or named).items())

    def _basis(self, basis: Basis) -> dict[str, Any]:
        return {
            "instrument": instrument_name(basis.instrument, self._lang) or basis.instrument,
            "article": article_name(basis.article, self._lang),
            "since": basis.since or "",
            "until": basis.until or "",
            "source": source_name(basis.source, self._lang),
            "confidence": word("confidence", basis.confidence, self._lang),
            "low": basis.confidence == "low",
        }


def _standing_for(body: str, on: date) -> frozenset[str]:
    """Return the words of the matrix that may mean a body which the row does not name."""
    directory = Directory.from_catalogue(on)
    words = {symbol for symbol in SYMBOLS if body in stands_for(directory, symbol)}
    return frozenset({*words, *([MEMBERS] if body in directory.members else [])})


def _symbols(report: Report, lang: Language) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return for each word that stands for bodies by place: (place, names)."""
    directory = Directory.from_catalogue(report.on)

    def names(codes: tuple[str, ...]) -> str:
        return ", ".join(bodies()[code].name(lang) for code in codes)

    abroad = [(place_name(country, lang), names(codes)) for country, codes in directory.by_country.items()]
    return [
        (
            word("symbol", "region", lang),
            [(place_name(region, lang), names(codes)) for region, codes in directory.by_region.items()],
        ),
        (word("symbol", "members", lang), [("", names(directory.members))]),
        (f"{word('symbol', 'neighbours', lang)}; {word('symbol', 'downstream', lang)}", abroad),
    ]


def _bodies(shown: Matrix, lang: Language) -> list[tuple[str, str]]:
    """Return the short and full name of every body that a rule names."""
    codes = {name for rule in shown.rules for name in (rule.lead or "", *rule.support, *rule.inform, *rule.partners)}
    return sorted((body_name(code, lang), bodies()[code].name(lang)) for code in codes & bodies().keys())


def _grouped(report: Report, lang: Language) -> list[dict[str, Any]]:
    """Group the findings of one sort: the sentence once, and then of what."""
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for finding in report.findings:
        beside = ", ".join(rule for rule in finding.rules if rule not in finding.subject)
        day = "" if finding.day in {None, report.on} else str(finding.day)
        event = "" if finding.event is None else json.dumps(finding.event, ensure_ascii=False, indent=2)
        item = {"subject": finding.about(lang), "rules": beside, "day": day, "event": event}
        groups.setdefault((finding.severity, finding.code), []).append(item)
    return [
        {"severity": severity, "sentence": word("finding", code, lang), "items": items}
        for (severity, code), items in groups.items()
    ]


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _source(name: str) -> str:
    return (resources.files(__package__) / "data" / name).read_text(encoding="utf-8")
