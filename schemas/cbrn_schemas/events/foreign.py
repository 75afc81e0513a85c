"""What another state or an organisation warns of, in its own words: nobody here has seen it."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic.types import Strict

from cbrn_schemas.events.base import LINE_PATTERN, Hazard, Incident, Line, Point, Prose
from cbrn_schemas.events.model import Part
from cbrn_schemas.events.numbers import Whole
from cbrn_schemas.events.parts import Agent, Country, Nuclides, Substances
from cbrn_schemas.events.time import Time

Category = Literal[
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"
]
"""CAP 1.2 `category`."""
ResponseType = Literal["Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"]
"""CAP 1.2 `responseType`."""
Concerned = Literal["people", "animals", "plants", "food"]
"""What suffers from it, as far as the partner's codes say."""
SignatureState = Literal["valid", "absent", "unchecked", "untrusted"]
"""Made by a certificate that the agreement names; none; not looked at, since no agreement says by whom; not proved, and
let through by a person all the same."""

LongLine = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=LINE_PATTERN)]
"""What machines compare or follow: an identifier of the partner's, an address."""


class Coded(Part):
    """A value out of somebody's list: `OET:v1.2` and `OET-156`."""

    scheme: Line
    """Name of the list (CAP `valueName`)."""
    value: LongLine


class Circle(Part):
    """A circle on the ground."""

    centre: Point
    radius_km: Annotated[float, Field(ge=0, le=20_100)]
    """In kilometres."""


Ring = Annotated[tuple[Point, ...], Field(min_length=4, max_length=200), Strict(strict=False)]
"""A closed line: the last point is the first. What had more corners is made simpler; the original has them all."""


class ForeignArea(Part):
    """One area of a warning, as far as there is room: the original has everything."""

    description: Line | None = None
    """The area in the partner's words."""
    polygons: Annotated[tuple[Ring, ...], Field(max_length=10), Strict(strict=False)] = ()
    circles: Annotated[tuple[Circle, ...], Field(max_length=10), Strict(strict=False)] = ()
    geocodes: Annotated[tuple[Coded, ...], Field(max_length=50), Strict(strict=False)] = ()
    """The partner's own codes of places, such as `KZSTD`."""


class ForeignWords(Part):
    """What the partner says in one language, as it was written there."""

    language: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$", max_length=35)]
    """Tag of RFC 3066, such as `kk-KZ`."""
    event: LongLine
    """What it is called there (CAP `event`)."""
    headline: LongLine | None = None
    description: Prose | None = None
    instruction: Prose | None = None


class Signature(Part):
    """What the original's signature was worth when it arrived."""

    state: SignatureState
    signer: LongLine | None = None
    """Subject of the certificate."""
    algorithm: Line | None = None
    verified: Time | None = None
    """When it was looked at: certificates of these alerts live for months only."""
    let_through_by: Line | None = None
    """The person who released a document that was set aside."""


class Original(Part):
    """The document that arrived, kept byte for byte under `from.<partner>.originals`."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=LINE_PATTERN)]
    """Its `ce_id` there."""
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of its bytes."""
    bytes: Annotated[int, Field(ge=1, le=100_000_000), Whole()]
    received: Time
    format: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9.-]{1,31}$")]
    """`cap-1.2`, `cap-1.1`, `irix-1.0`; an open list."""
    came_from: LongLine | None = None
    """The feed's address, or the folder's name."""
    identifier: LongLine
    """What the partner calls it (CAP `identifier`)."""
    sender: LongLine
    """Who sent it, by the partner's own word (CAP `sender`)."""
    signature: Signature


class ForeignAlert(Incident):
    """Another state or an organisation warns of a danger: its words, codes and areas; nobody here has seen it.

    What a partner that runs this same bus sends comes as the kind that it is.
    """

    kind: Literal["foreign-alert"] = "foreign-alert"
    hazard: Hazard
    identified: bool | None = None
    """False where the document does not say which of the hazards it is: whomever any of them concerns is told."""
    origin: Country | None = None
    """The country where the danger is, or where it threatens from."""
    concerns: Annotated[tuple[Concerned, ...], Field(max_length=4), Strict(strict=False)] = ()
    original: Original | None = None
    """The document, where there is one: a telephone call has none."""
    said: Annotated[tuple[ForeignWords, ...], Field(max_length=10), Strict(strict=False)] = ()
    """Its words, language by language; `texts` is made of them."""
    categories: Annotated[tuple[Category, ...], Field(max_length=12), Strict(strict=False)] = ()
    event_codes: Annotated[tuple[Coded, ...], Field(max_length=50), Strict(strict=False)] = ()
    response_types: Annotated[tuple[ResponseType, ...], Field(max_length=9), Strict(strict=False)] = ()
    onset: Time | None = None
    expires: Time | None = None
    """When the warning ends by itself."""
    areas: Annotated[tuple[ForeignArea, ...], Field(max_length=20), Strict(strict=False)] = ()
    parameters: Annotated[tuple[Coded, ...], Field(max_length=50), Strict(strict=False)] = ()
    """What else the partner says by name (CAP `parameter`)."""
    web: LongLine | None = None
    agent: Agent | None = None
    substances: Substances = ()
    nuclides: Nuclides = ()
