"""Escalation policies in force: who is asked next when an answer is lacking, and when. Pure, but for `load`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic import ValidationError

from cbrn_consumers.watch.policy_file import LEAD, PLACES, POSTS, PolicyFile, problems, steps_of, worded
from cbrn_routing.rulebook.language import seconds
from cbrn_schemas.bounded_yaml import YamlTextError, read_single
from cbrn_schemas.catalogue.bodies import bodies, in_office, is_abroad
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from cbrn_consumers.alert import RoleCode
    from cbrn_consumers.watch.policy_file import Policy, PublisherRule
    from cbrn_schemas.events.base import Severity
    from cbrn_schemas.unanswered import Step

FILE: Final = "escalation.yaml"
_FILE_BYTES_MAX: Final = 256 * 1024
_MEND: Final = "Mend the file; a watch that runs goes on with the former policies."


class PolicyError(BusError, ValueError):
    """Escalation policies that cannot be used; every problem on its own line."""

    bad_input = True


class Target(NamedTuple):
    """A step as it is taken."""

    step: Step
    body: str
    after: timedelta
    tell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policies:
    """Policies in force."""

    crisis_centre: str
    policies: tuple[Policy, ...]
    publishers: tuple[PublisherRule, ...] = ()

    @classmethod
    def read(cls, text: str, *, name: str = FILE, on: date) -> Policies:
        """Read a file's text, for bodies that exist on that day.

        Raises:
            PolicyError: with every problem, where it is and what to do.
        """
        data: Any = None
        try:
            data = read_single(text) or {}
            given = PolicyFile.model_validate(data)
        except YamlTextError as error:
            raise PolicyError(f"{name}: {error}", "Correct the YAML.") from None
        except ValidationError as error:
            raise PolicyError("\n".join(worded(name, data, error)), _MEND) from None
        if found := [f"{name}: {problem}" for problem in problems(given, on)]:
            raise PolicyError("\n".join(found), _MEND)
        return cls(given.crisis_centre, given.policies, given.publishers)

    @classmethod
    def load(cls, folder: Path | None, on: date) -> Policies:
        """Read the file in a folder, or the one that came with the program.

        Raises:
            PolicyError: it cannot be read, or not used.
        """
        if folder is None:
            return cls.read((resources.files(__package__) / FILE).read_text(encoding="utf-8"), on=on)
        path = folder / FILE
        try:
            if path.stat().st_size > _FILE_BYTES_MAX:
                raise PolicyError(f"{path} is larger than {_FILE_BYTES_MAX} bytes", "Keep a few policies in it.")
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PolicyError(
                f"{path}: {error}", f"CBRN_ESCALATION names a folder with a file {FILE} in it, readable for this user."
            ) from None
        return cls.read(text, name=str(path), on=on)

    def of(self, body: str, role: RoleCode | None, severity: Severity) -> Policy:
        """Return the policy for an alert; there is always one."""
        return next(each for each in self.policies if each.fits.fit(body, role, severity))

    def targets(self, policy: Policy, body: str, *, declined: bool, on: date) -> tuple[Target, ...]:
        """Return the steps as they are for a body: those that lead to nobody, or to one asked before, are left out.

        A body that has declined is not asked again: it is passed on to the first other one at once. Of a partner abroad
        that does not answer the crisis centre hears at once, and with it who leads here: whoever let the alert go asks
        by telephone. Nothing is passed on to a partner: it would be told what nobody has released.
        """
        if is_abroad(body):
            centre = _asked("crisis-centre", body, self.crisis_centre, on)
            return tuple(Target("crisis-centre", code, timedelta(0), (LEAD,)) for code in centre)
        found: list[Target] = []
        for rule in steps_of(policy, {each.name: each for each in self.policies}):
            if declined and rule.to in POSTS:
                continue
            for code in _asked(rule.to, body, self.crisis_centre, on):
                step: Any = rule.to if rule.to in PLACES else "other-body"
                own = step in POSTS
                if not own and (code == body or any(code == each.body for each in found)):
                    continue
                after = timedelta(seconds=seconds(rule.after)) if rule.after is not None else timedelta(0)
                if declined and not found:
                    after = timedelta(0)
                found.append(Target(step, code, after, rule.tell))
        return tuple(found)


def _asked(to: str, body: str, crisis_centre: str, on: date) -> tuple[str, ...]:
    """Return the bodies that a step means today."""
    if to in POSTS:
        return (body,)
    code = bodies()[body].parent if to == "parent" and body in bodies() else to
    if to == "crisis-centre":
        code = crisis_centre
    if code is None or code not in bodies():
        return ()
    return tuple(each for each in in_office(code, on) if bodies()[each].receives and not bodies()[each].is_abroad)
