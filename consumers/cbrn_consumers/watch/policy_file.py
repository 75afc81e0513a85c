"""The file of escalation policies: its form, and what is wrong with one. Pure.

A policy that ends in nobody, or asks somebody a second time, is refused with the place and what to do.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from cbrn_routing.rulebook.language import Duration, Slug, seconds
from cbrn_schemas.catalogue.bodies import bodies, in_office
from cbrn_schemas.documented import Documented
from cbrn_schemas.events.base import Code, Line, Severity
from cbrn_schemas.topics import Lane

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from pydantic import ValidationError

    from cbrn_consumers.alert import RoleCode

STEPS_MAX: Final = 12
POSTS: Final = ("second-officer", "deputy", "body")
"""Steps within the body that was asked; they are of no use where it has declined."""
PLACES: Final = (*POSTS, "parent", "crisis-centre")
LEAD: Final = "lead"
EVERY_MAX: Final = timedelta(days=3)
"""Readings are kept for a week: of what is older nothing could be told."""


class _Written(Documented):
    """A part of the file: closed, and lists are lists."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class For(_Written):
    """Which alerts a policy is for: those that agree with all that is given."""

    severities: Annotated[tuple[Severity, ...], Field(min_length=1)] | None = None
    roles: Annotated[tuple[Literal["lead", "support"], ...], Field(min_length=1)] | None = None
    bodies: Annotated[tuple[Code, ...], Field(min_length=1)] | None = None

    def fit(self, body: str, role: RoleCode | None, severity: Severity) -> bool:
        """Tell whether an alert agrees with all that is given."""
        return (
            (self.severities is None or severity in self.severities)
            and (self.roles is None or role in self.roles)
            and (self.bodies is None or body in self.bodies)
        )


class StepRule(_Written):
    """One step: who is asked, how long after the step before it, and who else is told."""

    to: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,31}$")]
    """`second-officer`, `deputy` or `body` of the body that was asked; `parent`, `crisis-centre`, or a body's code."""
    after: Duration | None = None
    """Of the first step: after the time by which to answer; absent: at once."""
    tell: tuple[Code, ...] = ()
    """Who hears of it without being asked: bodies' codes, or `lead` for whoever leads the situation."""


class Accept(_Written):
    """How long after an acknowledgement a body must have accepted; absent: it need not."""

    lead: Duration | None = None
    support: Duration | None = None

    def within(self, role: RoleCode | None) -> timedelta | None:
        """Return how long a body with a role has; None: it need not."""
        limit = {"lead": self.lead, "support": self.support}.get(role or "")
        return None if limit is None else timedelta(seconds=seconds(limit))


class Policy(_Written):
    """What happens when an answer is lacking."""

    name: Slug
    about: Line | None = None
    fits: For = Field(default_factory=For, alias="for")
    accept: Accept = Field(default_factory=Accept)
    steps: Annotated[tuple[StepRule, ...], Field(min_length=1, max_length=STEPS_MAX)]
    then: Slug | None = None
    """Policy whose steps follow on these."""

    @model_validator(mode="after")
    def _timed(self) -> Self:
        for number, step in enumerate(self.steps):
            if number and step.after is None:
                raise ValueError(f"steps.{number}: `after` is missing: all steps would be taken at once; give 5m")
        return self


class PublisherRule(_Written):
    """From whom something is expected: where nothing comes for longer, the watch raises an alarm."""

    body: Code
    lane: Lane
    every: Duration
    """Longest time between two records of that body on that lane, whatever is in them."""


class PolicyFile(_Written):
    """A file of escalation policies."""

    crisis_centre: Code
    """Who is asked in the end; somebody must be there at any hour."""
    policies: Annotated[tuple[Policy, ...], Field(min_length=1, max_length=200)]
    publishers: Annotated[tuple[PublisherRule, ...], Field(max_length=500)] = ()


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the file."""
    return PolicyFile.model_json_schema()


def steps_of(policy: Policy, named: Mapping[str, Policy]) -> list[StepRule]:
    """Return a policy's steps, and those that follow on them by `then`."""
    steps, next_one, seen = [*policy.steps], policy.then, {policy.name}
    while next_one is not None and next_one in named and next_one not in seen:
        seen.add(next_one)
        steps += named[next_one].steps
        next_one = named[next_one].then
    return steps


def problems(given: PolicyFile, on: date) -> Iterable[str]:
    """Say what keeps a file from being used, that its form alone does not show."""
    known, named = bodies(), {each.name: each for each in given.policies}
    if len(named) < len(given.policies):
        yield "two policies have one name. Give each its own."
    yield from _code_problem("crisis_centre", given.crisis_centre, on)
    centre = known.get(given.crisis_centre)
    if centre is not None and not centre.duty_24_7:
        yield f"crisis_centre: {given.crisis_centre} is not there at every hour: at night it would end in nobody."
    if given.policies[-1].fits != For():
        yield f"«{given.policies[-1].name}»: the last policy must fit every alert: take its `for` away, or add another."
    for policy in given.policies:
        for problem in _policy_problems(policy, named, on):
            yield f"«{policy.name}»: {problem}"
    yield from _publisher_problems(given.publishers)


def _publisher_problems(given: Sequence[PublisherRule]) -> Iterable[str]:
    met = set[tuple[str, Lane]]()
    for number, each in enumerate(given):
        where = f"publishers.{number}"
        known = bodies().get(each.body)
        if known is None or not known.publishes:  # one that has ended is missed, not refused: a watch must start
            yield f"{where}: {each.body!r} is no body that publishes. `cbrn bodies` finds the code."
        if (each.body, each.lane) in met:
            yield f"{where}: {each.body} is expected on {each.lane} twice. Give it one interval."
        met.add((each.body, each.lane))
        if seconds(each.every) > EVERY_MAX / timedelta(seconds=1):
            yield f"{where}: {each.every} is longer than what was sent is kept. Give at most 72h."


def _policy_problems(policy: Policy, named: Mapping[str, Policy], on: date) -> Iterable[str]:
    circle = _circle(policy, named)
    if circle:
        yield f"`then` goes in a circle: {' → '.join(circle)}. Take one of them away."
        return
    if policy.then is not None and policy.then not in named:
        yield f"`then` names «{policy.then}», and there is no such policy. Use one of: {', '.join(named)}."
    for code in (*(policy.fits.bodies or ()), *(code for step in policy.steps for code in step.tell if code != LEAD)):
        yield from _code_problem("bodies or tell", code, on)
    steps = steps_of(policy, named)
    for step in steps:
        if step.to not in PLACES:
            yield from _code_problem("steps", step.to, on)
    asked = [step.to for step in steps]
    if twice := [to for to in dict.fromkeys(asked) if asked.count(to) > 1]:
        yield f"steps: it asks {', '.join(twice)} twice, and so goes in a circle. Ask each once."
    last = bodies().get(asked[-1])
    if asked[-1] != "crisis-centre" and (last is None or not last.duty_24_7):
        yield (
            f"steps: it ends with «{asked[-1]}», and so in nobody if no one is there at night. "
            "End it with crisis-centre, or with a body that is on duty at every hour."
        )


def _circle(policy: Policy, named: Mapping[str, Policy]) -> list[str]:
    way = [policy.name]
    following = policy.then
    while following is not None and following in named:
        way.append(following)
        if following in way[:-1]:
            return way
        following = named[following].then
    return []


def _code_problem(where: str, code: str, on: date) -> Iterable[str]:
    known = bodies().get(code)
    if known is None:
        yield f"{where}: no body has the code {code!r}. Use one of the catalogue, such as mes-cmc."
    elif not any(bodies()[each].receives for each in in_office(code, on)):
        yield f"{where}: {code} is told nothing over the bus: it would end in nobody. Name another body."
    elif known.is_abroad:
        yield f"{where}: {code} is abroad: what nobody has released may not be passed on to it. Name a body at home."


def worded(name: str, data: Any, error: ValidationError) -> Iterable[str]:
    """Word what is wrong with a file's form, by the names of its policies."""
    items = error.errors(include_url=False)
    for item in items:
        if item["type"] == "too_short" and len(items) > 1:
            continue  # a list whose one value is wrong is also «too short»
        path = [str(part) for part in item["loc"]]
        if len(path) > 1 and path[0] == "policies":
            given = data["policies"][int(path[1])] if isinstance(data["policies"], list) else None
            called = given.get("name") if isinstance(given, dict) else None
            path = [f"«{called or f'number {int(path[1]) + 1}'}»", *path[2:]]
        said = "there is no such field" if item["type"] == "extra_forbidden" else item["msg"]
        yield f"{name}: {'.'.join(path) or '-'}: {said.removeprefix('Value error, ')}."
