"""The log of who was given or refused what: read as a whole, written by who gives rights; and what is known by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog
from cryptography import x509

from cbrn_deploy.provisioning.access.difference import Found
from cbrn_deploy.provisioning.access.known import ISSUES, Credential, known
from cbrn_routing.bus.errors import UnknownTopicError
from cbrn_routing.bus.read import check_topics, read_all
from cbrn_routing.bus.write import write_record
from cbrn_schemas.access_record import AccessRecordError, access_topic, read_access_record
from cbrn_schemas.credentials import CredentialsError, read_credentials
from cbrn_schemas.private_file import PrivateFileError
from cbrn_schemas.settings import servers
from cbrn_schemas.users import Principal, UserNameError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from cbrn_deploy.provisioning.access.known import Known
    from cbrn_deploy.provisioning.access.protocol import AdminProtocol
    from cbrn_schemas.access_record import AccessRecord
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Realm

FOLDER: Final = "access"
SUFFIX: Final = ".cbrn"
UNSURE: Final = "Nothing was changed; run it again."

log = structlog.get_logger(__name__)


async def read_log(settings: Settings) -> list[AccessRecord] | None:
    """Return all that was written down, the oldest first; None where the realm has no such topic yet."""
    try:
        found = await read_all(settings, access_topic(settings.realm))
    except UnknownTopicError:
        return None
    records = []
    for each in found:
        try:
            records.append(read_access_record(each.value, settings.realm))
        except AccessRecordError as error:
            log.warning("a record in the log of access is none, left out", offset=each.offset, why=str(error))
    return records


async def require_log(settings: Settings) -> None:
    """Refuse to change anything where it could not be written down.

    Raises:
        UnknownTopicError, BrokerUnreachableError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    await check_topics(settings, [access_topic(settings.realm)])


async def number_taken(settings: Settings, principal: Principal, offset: int) -> bool:
    """Tell whether a record before the one at `offset` has issued a credential of this number already."""
    for each in await read_all(settings, access_topic(settings.realm)):
        if each.offset < offset and _issues(each.value, settings.realm, principal):
            return True
    return False


def _issues(value: bytes | None, realm: Realm, principal: Principal) -> bool:
    try:
        found = read_access_record(value, realm)
    except AccessRecordError:
        return False
    return found.act in ISSUES and found.principal == principal.name


async def write_down(settings: Settings, record: AccessRecord) -> int:
    """Write one change down; return where it lies in the log."""
    key, value = (record.user or "").encode(), record.model_dump_json(exclude_defaults=True).encode()
    taken = await write_record(settings, access_topic(settings.realm), (key, [], value), unsure=UNSURE)
    offset: int = taken.offset
    return offset


async def look(cluster: AdminProtocol, settings: Settings, now: datetime) -> tuple[Found, Known, bool]:
    """Return the cluster as it is, what credentials are known, and whether there is a log."""
    # Rules first: whoever may not give any is told so by this.
    rules = await cluster.rules()
    found = Found(rules, await cluster.passwords(), await cluster.quotas())
    records = await read_log(settings)
    here = list(_on_this_machine(settings))
    principals = {rule.principal for rule in rules}
    all_known = known(records or (), found.passwords, here, principals, realm=settings.realm, now=now)
    return found, all_known, records is not None


def _on_this_machine(settings: Settings) -> Iterator[Credential]:
    """Yield the certificates in the data folder's own files, where they are for the brokers that are asked."""
    asked = set(servers(settings.bootstrap_servers))
    for path in sorted((settings.data_dir / FOLDER).glob(f"*{SUFFIX}")):
        found = certificate_in(path)
        if found is not None and asked.intersection(servers(found[1])):
            yield found[0]


def certificate_in(path: Path) -> tuple[Credential, str] | None:
    """Return the certificate that a credentials file holds, and its servers; None where it holds none of ours."""
    try:
        held = read_credentials(path)
        own = x509.load_pem_x509_certificates(held.certificates.encode())[0] if held.key else None
        name = "" if own is None else own.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        if own is None or "CBRN_BOOTSTRAP_SERVERS" not in held.values:
            return None
        principal = Principal.parse(str(name))
    except (CredentialsError, PrivateFileError, UserNameError, ValueError, IndexError):
        return None
    found = Credential(principal, "certificate", f"{own.serial_number:x}", own.not_valid_after_utc)
    return found, held.values["CBRN_BOOTSTRAP_SERVERS"]
