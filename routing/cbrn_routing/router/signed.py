"""What becomes of a verdict under the policy: the event is refused, doubted, or said to be signed by a key. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_routing.signatures.jws import names_another
from cbrn_routing.signatures.policy import Demand
from cbrn_routing.signatures.verdict import AHEAD_MAX, Fault
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.headers import SIGNATURE, Header
from cbrn_schemas.records import SIGNED_BY

if TYPE_CHECKING:
    from datetime import timedelta

    from cbrn_routing.signatures.policy import Asked
    from cbrn_routing.signatures.verdict import Verdict
    from cbrn_schemas.envelope import Envelope

_RELEASE: Final = "If it is genuine, a person of the trust file releases it with a signed decision."


class Mark(NamedTuple):
    """What is said of an event's signature to whoever is told."""

    kid: str | None
    """The key that has signed it; None: it counts as not signed."""
    headers: list[Header]
    """For the alerts."""
    doubtful: bool = False
    """There is a signature, and it cannot be confirmed."""


UNSIGNED: Final = Mark(None, [])
DOUBTFUL: Final = Mark(None, [], doubtful=True)


def marked(asked: Asked, envelope: Envelope, verdict: Verdict | None) -> Mark:
    """Say what becomes of an event with this verdict.

    A wrong signature sets an event aside also where none is asked for: somebody has tried to be somebody else, or bytes
    have changed on the way. What cannot be told, as of a key that is not registered yet, does not, where none is asked.

    Raises:
        InvalidEventError: SIGNATURE_MISSING, _WRONG, _UNKNOWN or _STALE.
    """
    if asked.demand is Demand.OFF:
        return UNSIGNED
    if verdict is None:
        if asked.demand is Demand.REQUIRED:
            raise _refused(_missing(asked))
        return UNSIGNED
    fault = _fault(verdict, asked.window, envelope)
    if fault is None and verdict.claims is not None:
        return _signed(verdict.claims.kid, verdict)
    assert fault is not None, "without claims there is a fault"
    if fault.reason is Reason.SIGNATURE_WRONG or asked.demand is Demand.REQUIRED:
        raise _refused(fault)
    return DOUBTFUL


def _signed(kid: str, verdict: Verdict) -> Mark:
    name: Header = (SIGNED_BY, kid.encode())
    # Of a structured record the alert carries only a part of what was signed, so nobody could verify it there.
    return Mark(kid, [name] if verdict.whole else [(SIGNATURE, verdict.header), name])


def _fault(verdict: Verdict, window: timedelta, envelope: Envelope) -> Fault | None:
    if verdict.fault is not None:
        return verdict.fault
    assert verdict.claims is not None, "without claims there is a fault"
    time = next((content.decode() for name, content in envelope.headers if name == "ce_time"), None)
    other = names_another(verdict.claims, envelope.id, envelope.source, envelope.type, time)
    if other is not None:
        return Fault(
            Reason.SIGNATURE_WRONG,
            f"it was signed with another {other}",
            "Find out who published it; whoever signs names the attributes as they are published.",
        )
    if verdict.age > window:
        return Fault(
            Reason.SIGNATURE_STALE,
            f"it was signed {_spoken(verdict.age)} before the broker took it; at most {_spoken(window)} are taken",
            "It may be a copy: see whether the event was published before. Else publish it again, signed anew.",
        )
    if verdict.age < -AHEAD_MAX:
        return Fault(
            Reason.SIGNATURE_STALE,
            f"it was signed {_spoken(-verdict.age)} after the broker took it",
            "Set the clock of the machine that signs, then publish it again.",
        )
    return None


def _missing(asked: Asked) -> Fault:
    return Fault(
        Reason.SIGNATURE_MISSING,
        f"the event is not signed, and the policy «{asked.policy}» asks for it",
        f"Publish it signed by the body's key (CBRN_SIGNING_KEY); if the body did not publish it, find out who did. "
        f"{_RELEASE}",
    )


def _refused(fault: Fault) -> InvalidEventError:
    return InvalidEventError(fault.reason, where=f"header:{SIGNATURE}", message=fault.message, hint=fault.hint)


def _spoken(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"  # noqa: PLR2004 - minutes
