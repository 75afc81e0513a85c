"""Files of a person's own hand that hold passwords or tokens: YAML, closed to others, and no error repeats a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import BaseModel, ValidationError

from cbrn_schemas.bounded_yaml import YamlTextError, read_single
from cbrn_schemas.private_file import BYTES_MAX, PrivateFileError, read_private

if TYPE_CHECKING:
    from pathlib import Path

Read = TypeVar("Read", bound=BaseModel)
_CORRECT: Final = "Correct it and start again."


def read_private_yaml(
    model: type[Read],
    path: Path,
    what: str,
    *,
    group_reads: bool = False,
    bytes_max: int = BYTES_MAX,
    hint: str = _CORRECT,
) -> Read:
    """Read a file as `model` has it; `what` it is called, and `hint` what is said of a mistake in it.

    Raises:
        PrivateFileError: it cannot be read, is open to others, or says what cannot be; never with its values.
    """
    try:
        return model.model_validate(read_single(read_private(path, what, group_reads=group_reads, bytes_max=bytes_max)))
    except FileNotFoundError as error:
        raise PrivateFileError(f"the {what} {path} cannot be read: {error.strerror}", "Name the right file.") from None
    except YamlTextError as error:  # its words repeat what stands there
        raise PrivateFileError(
            f"{path}, line {error.line} is no YAML", "Look at that line and the one before."
        ) from None
    except ValidationError as error:
        raise PrivateFileError(f"{path}: {first_fault(error)}", hint) from None


def first_fault(error: ValidationError) -> str:
    """Say where the first mistake is, and what, without what stands there."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    unknown = first["type"] == "extra_forbidden"
    # «password:hunter2», without a blank, is a field of that name: what is unknown is not repeated.
    where = ".".join(map(str, first["loc"][: -1 if unknown else None])) or "the whole"
    said = "it has a field that there is not, or one without a blank behind its colon" if unknown else first["msg"]
    return f"{where}: {said}"
