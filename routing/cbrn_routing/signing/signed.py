"""A signature on its way from the person who signed to whoever activates: a small file, which holds no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from cbrn_routing.activation import RecordError, Signature, StatementError
from cbrn_routing.signing.statement import DIGEST, SEQUENCE_MAX, Statement
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from cbrn_routing.signing.keys import PrivateKey


class SignedStatement(BaseModel):
    """What was signed, and the signature."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    realm: Realm
    sequence: Annotated[int, Field(ge=1, le=SEQUENCE_MAX, strict=True)]
    digest: Annotated[str, StringConstraints(pattern=f"^{DIGEST.pattern}$")]
    signature: Signature

    @classmethod
    def by(cls, key: PrivateKey, statement: Statement) -> SignedStatement:
        """Sign a statement."""
        signature = Signature(key=key.public, signature=key.sign(statement))
        return cls(realm=statement.realm, sequence=statement.sequence, digest=statement.digest, signature=signature)

    @classmethod
    def parse(cls, content: bytes, name: str) -> SignedStatement:
        """Read the content of a signature file called `name`.

        Raises:
            RecordError: it is none.
        """
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "the whole"
            raise RecordError(
                f"{name} is no signature file: {where}: {first['msg']}", "Give the file that `cbrn rules sign` wrote."
            ) from None

    @property
    def statement(self) -> Statement:
        """What was signed."""
        return Statement(self.realm, self.sequence, self.digest)

    def refuse_other(self, wanted: Statement, name: str) -> None:
        """Refuse a signature over something else than what is to be activated.

        Raises:
            StatementError: it names what differs.
        """
        differing: dict[str, tuple[Any, Any]] = {
            "realm": (self.realm, wanted.realm),
            "sequence number": (self.sequence, wanted.sequence),
            "digest of the book": (self.digest[:12], wanted.digest[:12]),
        }
        for what, (signed, asked) in differing.items():
            if signed != asked:
                raise StatementError(
                    f"{name} was signed for another {what}: {signed}, not {asked}",
                    "Both persons must sign the same book, number and realm: sign anew with `cbrn rules sign`.",
                )
