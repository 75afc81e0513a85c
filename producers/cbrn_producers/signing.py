"""Signs what a body's program publishes, where the settings name its key. Else nothing of it is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cbrn_producers.outgoing import Outgoing
    from cbrn_schemas.settings import Settings


def signer(settings: Settings) -> Callable[[Outgoing, datetime], Outgoing] | None:
    """Return what signs a record at a time; None where nothing is to be signed.

    Raises:
        SigningKeyError: the key cannot be used, or what signs is not installed.
    """
    if settings.signing_key is None:
        return None
    from cbrn_routing.signatures.body_key import BodyKey  # noqa: PLC0415 - only who has a key needs it
    from cbrn_routing.signatures.jws import sign_event, unsigned  # noqa: PLC0415 - as above

    key = BodyKey.from_file(settings.signing_key)

    def signed(outgoing: Outgoing, now: datetime) -> Outgoing:
        headers = unsigned(outgoing.headers)
        return outgoing._replace(headers=[*headers, sign_event(key, outgoing.topic, headers, outgoing.value, now)])

    return signed
