"""Records of a body's own, on `<realm>.from.<body>.<stream>`: read as that body's in that realm, or refused by a field.

Pure. What stands in them is the business of `receipt`, `shift` and `notice`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, Self, TypeVar

from pydantic import ValidationError

from cbrn_schemas.envelope import read_envelope
from cbrn_schemas.errors import InvalidEventError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_schemas.envelope import Header
    from cbrn_schemas.errors import FieldError
    from cbrn_schemas.topics import Realm


class _Own(Protocol):
    @property
    def realm(self) -> Realm: ...

    @property
    def body(self) -> str: ...

    @classmethod
    def model_validate_json(cls, data: bytes, /, *, extra: Literal["ignore"] | None) -> Self: ...


Own = TypeVar("Own", bound=_Own)


def read_own(
    headers: list[Header],
    value: bytes | None,
    *,
    types: Mapping[str, type[Own]],
    realm: Realm,
    body: str,
    refuse: type[FieldError],
    what: str,
    ignored: str,
    extra: Literal["ignore"] | None = None,
) -> Own:
    """Read a record of `body`'s topic in a realm; `ignored` is the remedy of one that is none, said with `refuse`.

    `extra`: members that this version does not know are passed over; else the record is refused for them.
    """
    try:
        envelope = read_envelope(headers, value)
        model = types.get(envelope.type)
        if model is None:
            raise refuse(f"{envelope.type[:60]!r} is no {what}", where="header:ce_type", hint=ignored)
        said = model.model_validate_json(envelope.data, extra=extra)
    except InvalidEventError as error:
        raise refuse(error.message, where=error.where, hint=ignored) from None
    except ValidationError as error:
        raise refused(error, refuse, ignored) from None
    if {said.body, envelope.body} != {body} or getattr(said, "id", envelope.id) != envelope.id:
        raise refuse(f"it speaks for {said.body}, in a topic of {body}", where="body", hint=ignored)
    if said.realm != realm:
        raise refuse(f"it was said in {said.realm}, and lies in {realm}", where="realm", hint=ignored)
    return said


def refused(
    error: ValidationError, refuse: type[FieldError], otherwise: str, hints: Mapping[str, str] | None = None
) -> FieldError:
    """Word the first thing that is wrong, with the remedy of its field.

    An error of the whole that is called `no_<field>` is of that field: it is lacking, or stands where none may.
    """
    first = error.errors(include_url=False, include_input=False)[0]
    kind, _, lacking = first["type"].partition("no_")
    where = ".".join(map(str, first["loc"])) or (refuse.whole if kind else lacking)
    said = "there is no such field" if first["type"] == "extra_forbidden" else first["msg"]
    return refuse(said, where=where, hint=(hints or {}).get(where, otherwise))
