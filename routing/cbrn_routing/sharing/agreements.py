"""All agreements of an installation: of several with one partner exactly one counts on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cbrn_routing.sharing.agreement import Agreement
from cbrn_routing.sharing.errors import AgreementError, AgreementProblem
from cbrn_routing.sharing.reading import BYTES_MAX, Written, read_agreement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILES_MAX: Final = 200
"""Partners are a dozen, each with some versions."""
_REMEDY: Final = "CBRN_AGREEMENTS names a folder with one YAML file for each agreement."


@dataclass(frozen=True)
class Agreements:
    """The agreements that were read. Not changed afterwards: whoever wants a changed folder reads it anew."""

    written: tuple[Written, ...] = ()
    """Sorted by partner and version."""

    @classmethod
    def read(cls, folder: Path) -> Agreements:
        """Read the agreements in a folder (its `*.yaml` and `*.yml`; others, such as certificates, are passed over).

        Raises:
            AgreementError: with every problem of every file; also where the folder cannot be read.
        """
        texts: dict[str, bytes] = {}
        try:
            paths = sorted(path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"})
            if len(paths) > FILES_MAX:
                raise _of_folder(folder, f"the folder holds more than {FILES_MAX} files")
            for path in paths:
                with path.open("rb") as file:
                    texts[path.name] = file.read(BYTES_MAX + 1)
        except OSError as error:
            raise _of_folder(folder, f"it cannot be read: {error.strerror}") from None
        return cls.from_texts(texts)

    @classmethod
    def from_texts(cls, texts: Mapping[str, bytes | str]) -> Agreements:
        """Read agreements from YAML by file name; raises as `read` does."""
        problems: list[AgreementProblem] = []
        found: list[Written] = []
        for name, text in sorted(texts.items()):
            try:
                found.append(read_agreement(text, name=name))
            except AgreementError as error:
                problems += error.problems
        problems += [problem for one, other in combinations(found, 2) for problem in _contradiction(one, other)]
        if problems:
            raise AgreementError(tuple(problems))
        return cls(tuple(sorted(found, key=lambda each: (each.agreement.partner, each.agreement.version))))

    def __iter__(self) -> Iterator[Agreement]:
        """Go through all, in force or not."""
        return (each.agreement for each in self.written)

    def partners(self) -> tuple[str, ...]:
        """Name the bodies with whom there is an agreement, in force or not, sorted."""
        return tuple(sorted({each.partner for each in self}))

    def in_force(self, partner: str, on: date) -> Agreement | None:
        """Find the one agreement with a partner that counts on a day."""
        return next((each for each in self if each.partner == partner and each.in_force(on)), None)

    def of(self, partner: str, version: int) -> Agreement | None:
        """Find an agreement by partner and version, in force or not."""
        return next((each for each in self if (each.partner, each.version) == (partner, version)), None)


@cache
def agreement_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of an agreement's file, for editors and the published contract."""
    schema = Agreement.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "CBRN sharing agreement"}


def _of_folder(folder: Path, message: str) -> AgreementError:
    return AgreementError((AgreementProblem(str(folder), 1, "-", message, _REMEDY),))


def _contradiction(one: Written, other: Written) -> Iterator[AgreementProblem]:
    """Find what two files say against each other."""
    mine, theirs = one.agreement, other.agreement
    if mine.partner != theirs.partner:
        return
    if mine.version == theirs.version:
        message = f"{one.file} has version {mine.version} with «{mine.partner}», too"
        remedy = "Count the version up in the newer one."
        yield AgreementProblem(other.file, other.line("version"), "version", message, remedy)
    last = date.max
    if mine.valid_from <= (theirs.valid_to or last) and theirs.valid_from <= (mine.valid_to or last):
        message = f"it holds on the same days as {one.file}, and exactly one agreement with a partner may count"
        remedy = "Let the older one end (valid_to) on the day before the newer one begins (valid_from)."
        yield AgreementProblem(other.file, other.line("valid_from"), "valid_from", message, remedy)
