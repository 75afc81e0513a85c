"""What every model of the bus keeps to, and how one says that it was built with a mistake in it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from pydantic import ConfigDict, ValidationError

from cbrn_schemas.documented import Documented

if TYPE_CHECKING:
    from collections.abc import Iterator


class Model(Documented):
    """Frozen, closed and strict: what is not in the schema is refused, and no value is guessed into another type."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        defer_build=True,  # a command that meets one kind of event need not wait for forty validators
    )


class Part(Model):
    """An event, or a part of one. With a mistake in it, InvalidEventError says which field, what is wrong, what to do.

    Type checkers know nothing of that, and keep the constructor that pydantic gives them, field by field.
    """

    if not TYPE_CHECKING:

        def __init__(self, /, **given: Any) -> None:
            with _refused(type(self)):
                super().__init__(**given)

        # Or the validators of all kinds would call it for every part of every event that they read.
        __init__.__pydantic_base_init__ = True

        @classmethod
        def model_validate(cls, given: Any, **options: Any) -> Self:
            """Read Python values; InvalidEventError as from the constructor."""
            with _refused(cls):
                return super().model_validate(given, **options)

        @classmethod
        def model_validate_json(cls, data: str | bytes | bytearray, **options: Any) -> Self:
            """Read JSON; InvalidEventError as from the constructor."""
            with _refused(cls):
                return super().model_validate_json(data, **options)


@contextmanager
def _refused(model: type[Part]) -> Iterator[None]:
    """Word what pydantic finds."""
    try:
        yield
    except ValidationError as error:
        from cbrn_schemas.events.refusal import refusal  # noqa: PLC0415 - it knows all kinds, and nobody waits for them

        raise refusal(error, model=model) from None
