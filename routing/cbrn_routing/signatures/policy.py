"""Which events must be signed: an installation's file (`CBRN_SIGNATURES`), or the shipped one. Pure, but for `load`."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

from pydantic import ConfigDict, Field, ValidationError

from cbrn_routing.rulebook.language import Duration, Slug, seconds
from cbrn_routing.signatures.errors import SignaturePolicyError
from cbrn_schemas.bounded_yaml import YamlTextError, read_single
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.documented import Documented
from cbrn_schemas.events import ce_type, lane_of
from cbrn_schemas.events.base import Code, Line
from cbrn_schemas.topics import Lane

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE: Final = "signatures.yaml"
FILE_BYTES_MAX: Final = 256 * 1024
WINDOW: Final = "24h"
"""A program signs when it publishes, so an event that waited for days at a body is signed late, too. A router remembers
50,000 ids a shard: at one event in two seconds, a day. Whoever signs first and sends later is given a longer one."""
_MEND: Final = "Mend the file; a router that runs goes on with the policy that it has."


class Demand(StrEnum):
    """What is asked of an event."""

    REQUIRED = "required"
    """Without a signature that counts it is set aside."""
    OPTIONAL = "optional"
    """A wrong signature sets it aside; none does not."""
    OFF = "off"
    """Signatures are not looked at."""


class _Written(Documented):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SignedBy(_Written):
    """Which events a policy is for: those that agree with all that is given."""

    bodies: Annotated[tuple[Code, ...], Field(min_length=1, max_length=200)] | None = None
    """Who publishes."""
    lanes: Annotated[tuple[Lane, ...], Field(min_length=1)] | None = None
    kinds: Annotated[tuple[str, ...], Field(min_length=1, max_length=200)] | None = None

    def fit(self, body: str, kind: str) -> bool:
        """Tell whether an event agrees with all that is given."""
        return (
            (self.bodies is None or body in self.bodies)
            and (self.kinds is None or kind in self.kinds)
            and (self.lanes is None or lane_of(kind) in self.lanes)
        )


class PolicyRule(_Written):
    """What is asked of some events."""

    name: Slug
    about: Line | None = None
    fits: SignedBy = Field(default_factory=SignedBy, alias="for")
    signatures: Demand
    window: Duration = WINDOW
    """How long before the broker took it an event may have been signed, where a signature is required: a copy that is
    older is refused, whatever is remembered of ids."""


class PolicyFile(_Written):
    """A file of policies of signatures. The first that fits an event decides."""

    policies: Annotated[tuple[PolicyRule, ...], Field(min_length=1, max_length=500)]


class Asked(NamedTuple):
    """What is asked of one body's events of one kind."""

    demand: Demand
    window: timedelta
    policy: str


class SignaturePolicy:
    """The policies in force."""

    def __init__(self, rules: Iterable[PolicyRule]) -> None:
        self.rules = tuple(rules)
        self.demands = any(rule.signatures is Demand.REQUIRED for rule in self.rules)
        """Whether anything must be signed: else what has no signature need not be looked at."""
        self.looks = any(rule.signatures is not Demand.OFF for rule in self.rules)
        """Whether a signature can matter."""
        self._asked: dict[tuple[str, str], Asked] = {}

    @classmethod
    def read(cls, text: str, name: str = FILE) -> SignaturePolicy:
        """Read a file's text.

        Raises:
            SignaturePolicyError: with every problem, where it is and what to do.
        """
        try:
            given = PolicyFile.model_validate(read_single(text) or {})
        except YamlTextError as error:
            raise SignaturePolicyError(f"{name}: {error}", "Correct the YAML.") from None
        except ValidationError as error:
            raise SignaturePolicyError("\n".join(_worded(name, error)), _MEND) from None
        if found := [f"{name}: {problem}" for problem in _problems(given.policies)]:
            raise SignaturePolicyError("\n".join(found), _MEND)
        return cls(given.policies)

    @classmethod
    def load(cls, path: Path | None) -> SignaturePolicy:
        """Read the file at `path`, or the one that came with the program.

        Raises:
            SignaturePolicyError: it cannot be read, or not used.
        """
        if path is None:
            return cls.read((resources.files(__package__) / FILE).read_text(encoding="utf-8"))
        try:
            if path.stat().st_size > FILE_BYTES_MAX:
                raise SignaturePolicyError(
                    f"{path} is larger than {FILE_BYTES_MAX} bytes", "Keep a few policies in it."
                )
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SignaturePolicyError(
                f"{path}: {error}", "CBRN_SIGNATURES names a file, readable for this user."
            ) from None
        return cls.read(text, str(path))

    def asked(self, body: str, kind: str) -> Asked:
        """Return what is asked of a body's events of a kind; the last policy fits every one."""
        found = self._asked.get((body, kind))
        if found is None:
            rule = next(rule for rule in self.rules if rule.fits.fit(body, kind))
            found = Asked(rule.signatures, timedelta(seconds=seconds(rule.window)), rule.name)
            self._asked[body, kind] = found  # a few hundred bodies and kinds: the event's were checked before
        return found


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the file."""
    return PolicyFile.model_json_schema()


def _problems(rules: tuple[PolicyRule, ...]) -> Iterable[str]:
    names = [rule.name for rule in rules]
    if len(set(names)) < len(names):
        yield "two policies have one name. Give each its own."
    if rules[-1].fits != SignedBy():
        yield f"«{names[-1]}»: the last policy must fit every event: take its `for` away, or add another."
    for rule in rules:
        for body in rule.fits.bodies or ():
            if body not in bodies():
                yield f"«{rule.name}»: no body has the code {body!r}. `cbrn bodies` finds it."
        for kind in rule.fits.kinds or ():
            if not _is_kind(kind):
                yield f"«{rule.name}»: no event is of the kind {kind!r}. `cbrn kinds` lists all."


def _is_kind(kind: str) -> bool:
    try:
        ce_type(kind)
    except LookupError:
        return False
    return True


def _worded(name: str, error: ValidationError) -> Iterable[str]:
    for item in error.errors(include_url=False):
        said = "there is no such field" if item["type"] == "extra_forbidden" else item["msg"]
        yield f"{name}: {'.'.join(map(str, item['loc'])) or '-'}: {said.removeprefix('Value error, ')}."
