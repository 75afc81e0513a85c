"""What a proof finds: each finding with the rules that it concerns and an event that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cbrn_schemas.catalogue.frameworks import frameworks
from cbrn_schemas.catalogue.words import word

if TYPE_CHECKING:
    from datetime import date

    from cbrn_routing.decision import Facets
    from cbrn_schemas.events.base import Language

Severity = Literal["error", "warning", "note"]
"""A note is told, and nothing is wrong: what waits for a person, what leaves without one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a rule book (error), what somebody should see to (warning), or know of it (note)."""

    severity: Severity
    code: str
    """What kind of finding; its sentence in three languages is the word `finding/<code>`."""
    subject: str
    """Of what: codes and dates, the same in every language."""
    rules: tuple[str, ...] = ()
    """Ids of the rules concerned."""
    day: date | None = None
    """The day on which it is so; None where it does not depend on the day."""
    facets: Facets | None = None
    """The cell in which it shows; None where it shows in no cell."""
    event: dict[str, Any] | None = None
    """A counterexample: an event of that cell, for `cbrn route`."""

    @property
    def message(self) -> str:
        """The finding as a sentence, in English."""
        return self.said("en")

    def said(self, lang: Language) -> str:
        """Say the finding as a sentence in `lang`: what is wrong, and of what."""
        sentence, about = word("finding", self.code, lang), self.about(lang)
        return f"{sentence}: {about}" if about else sentence

    def about(self, lang: Language) -> str:
        """Say of what; a framework by its name."""
        framework = frameworks().get(self.subject)
        return self.subject if framework is None else f"{framework.names.get(lang)} ({framework.code})"

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "subject": self.subject,
            "rules": list(self.rules),
            "day": None if self.day is None else self.day.isoformat(),
            "facets": None if self.facets is None else plain(self.facets),
            "event": self.event,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a check, errors first."""

    rulebook: str
    """Digest of the book; empty where its files could not be read as one."""
    on: date
    findings: tuple[Finding, ...]
    days: tuple[date, ...]
    """The days for which it was proved: the day asked for, and those ahead on which a body or a basis changes."""
    rules: int
    cells: int
    """Cells that can exist."""
    classes: int
    """Classes of cells that the rules which lead cannot tell apart: as many were decided, one event type and day at a
    time."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that forbid putting the book into force."""
        return tuple(each for each in self.findings if each.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that somebody should know."""
        return tuple(each for each in self.findings if each.severity == "warning")

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The findings that tell what is so, and right."""
        return tuple(each for each in self.findings if each.severity == "note")

    @property
    def passed(self) -> bool:
        """Whether the book may be put into force."""
        return not self.errors

    def as_json(self) -> dict[str, Any]:
        """Return the answer of `cbrn rules check --json`, plain values only."""
        return {
            "passed": self.passed,
            "rulebook": self.rulebook,
            "on": self.on.isoformat(),
            "days": [day.isoformat() for day in self.days],
            "rules": self.rules,
            "cells": self.cells,
            "classes": self.classes,
            "errors": len(self.errors),
            "warnings": len(self.warnings),
            "notes": len(self.notes),
            "findings": [finding.as_json() for finding in self.findings],
        }


def plain(facets: Facets) -> dict[str, Any]:
    """Write facets as JSON has them: sets as sorted lists."""
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in facets._asdict().items()}
