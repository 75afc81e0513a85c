"""A scenario: a real case as data, step by step, with who must be told of each.

Pure: files of the package in, typed steps out. The expected recipients stand in the file, written by a person from the
table of who watches what; nothing here asks the rule book, or the play could not check it.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

import yaml
from pydantic import ConfigDict, Field, ValidationError, model_validator

from cbrn_schemas.catalogue.spelling import did_you_mean
from cbrn_schemas.errors import BusError, Doubt, Reason
from cbrn_schemas.events import lane_of
from cbrn_schemas.events.base import Code, Identifier, Language
from cbrn_schemas.events.model import Model
from cbrn_schemas.receipt import Act
from cbrn_schemas.shift import Seat
from cbrn_schemas.topics import Lane

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

DEFAULT_SCENARIO: Final = "min-kush-2024"
FOUND_MAX: Final = 8
"""Mistakes in a file that are told of; more are counted."""
DEPTH_MAX: Final = 40
"""Levels of a file; an event within a step has some ten."""

Codes = tuple[Code, ...]
Line = Annotated[str, Field(min_length=1)]


class UnknownScenarioError(BusError, LookupError):
    """No scenario has this name."""

    bad_input = True


class ScenarioFileError(BusError, ValueError):
    """A file is no scenario."""

    bad_input = True


class Data(Model):
    """What stands in the package's YAML: closed as events are, but lists and texts become tuples, dates and codes."""

    model_config = ConfigDict(strict=False)


class Words(Data):
    """A text for people, in the languages of the bus."""

    ky: Line
    ru: Line
    en: Line

    def get(self, lang: Language) -> str:
        """Return the text in `lang`."""
        text: str = getattr(self, lang)
        return text


class ExpectedRecipients(Data):
    """Who must be told, each once."""

    lead: Codes = ()
    support: Codes = ()
    inform: Codes = ()
    earlier: Codes = ()
    """Those whom only the situation names: they got the original. Their role is to be informed."""

    @model_validator(mode="after")
    def _once(self) -> Self:
        named = (*self.lead, *self.support, *self.inform, *self.earlier)
        if len(named) != len(set(named)):
            raise ValueError("a body is named twice")
        return self

    def roles(self) -> dict[str, str]:
        """Return the role by body, as the bus writes it into the alert."""
        return {
            **dict.fromkeys(self.lead, "lead"),
            **dict.fromkeys(self.support, "support"),
            **dict.fromkeys((*self.inform, *self.earlier), "inform"),
        }


class Slip(Data):
    """A mistake in an event's JSON: `right` stands in it once and becomes `wrong`."""

    right: Line
    wrong: str

    def made_in(self, text: str) -> str:
        """Return the text with the mistake."""
        if text.count(self.right) != 1:
            raise ValueError(f"«{self.right}» stands {text.count(self.right)} times in the event, not once")
        return text.replace(self.right, self.wrong)


class Quarantined(Data):
    """Why a record must be set aside."""

    reason: Reason
    where: Line


class Answer(Data):
    """What bodies answer to the case's last report."""

    acts: Annotated[tuple[Act, ...], Field(min_length=1)]
    """One after the other, by each body."""
    by: Annotated[dict[Code, Words], Field(min_length=1)]
    """By body, who answers."""


class Duty(Data):
    """A body whose officers are reached by SMS during the play."""

    body: Code
    officers: Annotated[dict[Seat, Words], Field(min_length=1)]
    """By seat, the post in words."""


class Step(Data):
    """One thing that a body publishes; or what is answered to it, or is not."""

    id: Identifier
    after: Annotated[float, Field(ge=0, le=600)]
    """Seconds of play after the step before."""
    seen_min: Annotated[float, Field(ge=0, le=1440)] = 0
    """Minutes before it was published at which it was observed."""
    body: Code
    """Who publishes; else of whom the step tells."""
    system: Code | None = None
    comment: Words
    event: dict[str, Any] | None = None
    """The event without body, status and times; references name steps."""
    resend: Identifier | None = None
    """In place of an event: the step whose record is sent once more, unchanged and from the same system."""
    answer: Answer | None = None
    later_min: Annotated[int, Field(ge=1, le=1440)] | None = None
    """Minutes by which the watch's clock is moved ahead: the body has not answered, and `told` hear of it."""
    reply: Seat | None = None
    """Whose officer acknowledges with the code of the SMS."""
    rings: tuple[Seat, ...] = ()
    """Officers whose telephones get a message by it."""
    slip: Slip | None = None
    quarantined: Quarantined | None = None
    told: ExpectedRecipients
    """Of an event that is set aside: who gets the alarm about it."""
    partners: Codes = ()
    """For whom a copy must wait for release by a person."""
    doubts: tuple[Doubt, ...] = ()

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        things = (self.event, self.resend, self.answer, self.later_min, self.reply)
        if sum(each is not None for each in things) != 1:
            raise ValueError("a step has one of event, resend, answer, later_min and reply")
        if (self.slip is None) is not (self.quarantined is None):
            raise ValueError("a slip and its quarantine belong together")
        return self

    @property
    def publishes(self) -> bool:
        """Whether a report goes out by it."""
        return self.event is not None or self.resend is not None

    @property
    def lane(self) -> Lane:
        """The lane of the step's event; all else is of the incidents."""
        return Lane.INCIDENTS if self.event is None else lane_of(self.event["kind"])


class Scenario(Data):
    """A case and its steps."""

    name: Identifier
    happened: date
    """Day of the real case; the play is shifted to now."""
    source: Line
    confidence: Line
    title: Words
    story: Words
    duty: Duty | None = None
    """Whose answers are waited for, in a case that shows answers."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        before: dict[str, Step] = {}
        seats = set() if self.duty is None else self.duty.officers.keys()
        for step in self.steps:
            if not step.publishes and (self.duty is None or not before):
                raise ValueError(f"{step.id} answers: that needs a report before it, and the case a duty")
            if lost := {*step.rings, *filter(None, [step.reply])} - seats:
                raise ValueError(f"{step.id} names {', '.join(sorted(lost))}, and no officer of the duty is that")
            if step.id in before:
                raise ValueError(f"two steps are called {step.id}")
            for name in _named(step):
                if name not in before or before[name].event is None or before[name].slip is not None:
                    raise ValueError(f"{step.id} names {name}, which published nothing readable before it")
            if step.resend is not None and before[step.resend].body != step.body:
                raise ValueError(f"{step.id} resends another body's event")
            before[step.id] = step
        return self


def _named(step: Step) -> tuple[str, ...]:
    """List the steps that a step refers to."""
    return (step.resend,) if step.resend is not None else tuple((step.event or {}).get("references", ()))


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Read all scenarios of the package, the latest case first, two of one day by their names."""
    folder = resources.files("cbrn_producers.simulator") / "scenarios"
    found = [read_scenario(file) for file in folder.iterdir() if file.name.endswith(".yaml")]
    return tuple(sorted(found, key=lambda scenario: (scenario.happened, scenario.name), reverse=True))


def scenario(name: str) -> Scenario:
    """Find the scenario called `name`.

    Raises:
        UnknownScenarioError: there is none; the hint names those that there are.
    """
    for each in scenarios():
        if each.name == name:
            return each
    names = [each.name for each in scenarios()]
    hint = did_you_mean(name, names, f"Choose one of {', '.join(names)}, or all.")
    raise UnknownScenarioError(f"no scenario is called {name!r}", hint)


def read_scenario(file: Traversable) -> Scenario:
    """Read the scenario in a YAML file.

    Raises:
        ScenarioFileError: it is no YAML, or breaks the form of a scenario.
    """
    try:
        return Scenario.model_validate(load_yaml(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        found = [f"{'.'.join(map(str, each['loc'])) or 'scenario'}: {each['msg']}" for each in error.errors()]
        more = f"; and {len(found) - FOUND_MAX} more" if len(found) > FOUND_MAX else ""
        message = f"{file.name}: {'; '.join(found[:FOUND_MAX])}{more}"
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        message = f"{file.name}: {error}".replace("\n", " ")
    raise ScenarioFileError(message, hint="Compare it with a scenario of the package, such as min-kush-2024.yaml.")


def load_yaml(text: str) -> Any:
    """Read plain data in YAML, by the C parser where there is one.

    Raises:
        yaml.YAMLError: it is no YAML, or nested so deep that reading it would end the process: the parser calls itself.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX:
            mark: Any = event.start_mark
            raise yaml.composer.ComposerError(None, None, "nested too deep", mark)
    return yaml.load(text, Loader=loader)  # noqa: S506 - both are safe
