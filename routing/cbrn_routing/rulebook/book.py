"""A rule book: the rules of several files as one, with a digest that names its content.

It knows no event and decides nothing; `matcher` does.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cbrn_routing.rulebook.errors import LeadConflictError, Problem, RuleFileError, UnknownRuleError
from cbrn_routing.rulebook.overlap import meet
from cbrn_routing.rulebook.reading import read_rule_file
from cbrn_schemas.catalogue.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cbrn_routing.rulebook.duty_rules import DutyRule, RuleFile
    from cbrn_routing.rulebook.language import Basis, Rule

Source = Path | Traversable


@dataclass(frozen=True)
class RuleBook:
    """Rules in their order.

    Files stand by their first rule's id, so that neither their order nor their names matter; within a file as written.
    """

    groups: tuple[tuple[Rule, ...], ...]
    """The rules of each file."""
    duties: tuple[DutyRule, ...] = ()
    """What raises duties to others, by id."""

    @classmethod
    def load(cls, source: Source | Iterable[Source], *, ours: bool = False) -> RuleBook:
        """Load the book in a directory (its `*.yaml`), or in the files given in any order.

        Raises:
            RuleFileError: a file breaks the language, a basis is unknown, or an id is used twice.
            LeadConflictError: two files claim the lead of one cell.
        """
        paths = _files_in(source) if isinstance(source, Path | Traversable) else tuple(source)
        return cls.from_texts({path.name: path.read_text(encoding="utf-8") for path in paths}, ours=ours)

    @classmethod
    def from_texts(cls, texts: Mapping[str, str], *, ours: bool = False) -> RuleBook:
        """Read the book in `texts`, YAML by file name; raises as `load` does. `ours`: as in `read_rule_file`."""
        files: dict[str, RuleFile] = {}
        problems: list[Problem] = []
        for name, text in sorted(texts.items()):
            try:
                files[name] = read_rule_file(text, name=name, ours=ours)
            except RuleFileError as error:
                problems += error.problems
        if not problems:
            problems = [*_repeated(files), *_unknown_bases(files)]
        if problems:
            raise RuleFileError(tuple(problems))
        return cls.from_groups(_resolved(files), (duty for file in files.values() for duty in file.duties))

    @classmethod
    def from_groups(cls, groups: Iterable[Iterable[Rule]], duties: Iterable[DutyRule] = ()) -> RuleBook:
        """Make the book of rules that are already typed, one group a file; bases must be given in full."""
        kept = sorted((tuple(group) for group in groups), key=lambda group: group[0].id if group else "")
        book = cls(tuple(group for group in kept if group), tuple(sorted(duties, key=lambda duty: duty.id)))
        book._refuse_conflicts()
        return book

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """All rules in the book's order."""
        return tuple(rule for group in self.groups for rule in group)

    @cached_property
    def digest(self) -> str:
        """SHA-256, 64 hexadecimal digits, of what the book says, whatever the order of files and the style of YAML.

        Cases are left out, as they change no decision.
        """
        content = {
            "rules": [[_canonical(rule) for rule in group] for group in self.groups],
            "duties": [_canonical_duty(duty) for duty in self.duties],
        }
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def rule(self, identifier: str) -> Rule:
        """Find the rule called `identifier`.

        Raises:
            UnknownRuleError: the book has none of that name.
        """
        for rule in self.rules:
            if rule.id == identifier:
                return rule
        raise UnknownRuleError(f"the rule book has no rule «{identifier}»")

    def duty(self, identifier: str) -> DutyRule:
        """Find the rule of duties called `identifier`.

        Raises:
            UnknownRuleError: the book has none of that name.
        """
        found = self._duties_by_id.get(identifier)
        if found is None:
            raise UnknownRuleError(f"the rule book has no duty «{identifier}»")
        return found

    @cached_property
    def _duties_by_id(self) -> Mapping[str, DutyRule]:
        return {duty.id: duty for duty in self.duties}

    def _refuse_conflicts(self) -> None:
        for one, other in combinations(self.groups, 2):
            for mine in (rule for rule in one if rule.lead):
                for theirs in (rule for rule in other if rule.lead):
                    if meet(mine, theirs):
                        raise LeadConflictError(
                            f"rules «{mine.id}» and «{theirs.id}» lie in two files and both claim the lead of one cell."
                            " Narrow one of them, or write both in one file, where the order decides."
                        )


@cache
def national_rulebook() -> RuleBook:
    """Load the national rule book that this distribution ships."""
    return RuleBook.load(resources.files("cbrn_routing") / "rules", ours=True)


def _files_in(source: Source) -> tuple[Source, ...]:
    if not source.is_dir():
        return (source,)
    return tuple(item for item in source.iterdir() if item.name.endswith((".yaml", ".yml")))


def _repeated(files: Mapping[str, RuleFile]) -> list[Problem]:
    uses = Counter(identifier for file in files.values() for identifier in file.ids())
    names = Counter(name for file in files.values() for name in file.bases)
    return [
        Problem(name, identifier, "id", "the id is used twice in the book", "Give every rule a name of its own.")
        for name, file in files.items()
        for identifier in file.ids()
        if uses[identifier] > 1
    ] + [
        Problem(name, None, f"bases.{basis}", "the basis is defined in two files", "Keep one of them.")
        for name, file in files.items()
        for basis in file.bases
        if names[basis] > 1
    ]


_DEFINE: Final = "Define it under bases in any file."


def _unknown_bases(files: Mapping[str, RuleFile]) -> list[Problem]:
    known = _named_bases(files)
    return [
        Problem(name, rule.id, "basis", f"no file defines the basis «{basis}»", did_you_mean(basis, known, _DEFINE))
        for name, file in files.items()
        for rule in file.rules
        for basis in rule.basis
        if isinstance(basis, str) and basis not in known
    ]


def _named_bases(files: Mapping[str, RuleFile]) -> dict[str, Basis]:
    return {name: basis for file in files.values() for name, basis in file.bases.items()}


def _resolved(files: Mapping[str, RuleFile]) -> list[list[Rule]]:
    known = _named_bases(files)
    return [
        [
            rule.model_copy(
                update={"basis": tuple(known[item] if isinstance(item, str) else item for item in rule.basis)}
            )
            for rule in file.rules
        ]
        for file in files.values()
    ]


def _canonical(rule: Rule) -> dict[str, Any]:
    """Return what the rule says, with lists whose order says nothing in a fixed order."""
    content = rule.model_dump(mode="json", exclude={"cases"}, exclude_none=True)
    for name in ("support", "inform", "partners"):
        content[name] = sorted(set(content[name]))
    content["basis"] = sorted(content["basis"], key=lambda basis: json.dumps(basis, sort_keys=True))
    return content


def _canonical_duty(duty: DutyRule) -> dict[str, Any]:
    """Return what a duty's rule says; the order of conditions of which any suffices, or all must hold, says nothing."""
    content = duty.model_dump(mode="json", exclude={"cases"}, exclude_none=True)
    for name in ("when", "also", "unless"):
        content[name] = sorted(content[name], key=lambda when: json.dumps(when, sort_keys=True))
    return content
