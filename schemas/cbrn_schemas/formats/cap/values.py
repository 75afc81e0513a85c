"""The value of each kind of element: read from its text, with what is wrong with it by the name of a rule.

One function a kind, text to (value or None, findings). A value is read wherever it can be understood: whether the fault
lets the document pass is for the profile to say.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cbrn_schemas.formats.cap.grammar import INSTEAD, LATER, STANDS_FOR, VALUES
from cbrn_schemas.formats.cap.model import Reference
from cbrn_schemas.formats.faults import said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cbrn_schemas.formats.cap.geometry import Finding

    Read = tuple[Any, list[Finding]]

_FORM: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[-+][0-9]{2}:[0-9]{2}")
_LOOSE: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,20})?(Z|[-+][0-9]{2}:?[0-9]{2})?"
)
_OFFSET_MAX: Final = timedelta(hours=14)
_LANGUAGE: Final = re.compile(r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*")
_UNSAFE: Final = re.compile(r"[\s,<&]")
_NAMES: Final = re.compile(r'"([^"]*)"|([^\s"]+)')
_MEDIA_TYPE: Final = re.compile(
    r"(?:application|audio|font|image|message|model|multipart|text|video)/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
    r"(?:\s*;\s*[^\s;]+)*"
)
_URI: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:|(?![^/?#]*:))(?:[^%]|%[0-9A-Fa-f]{2})*")
"""RFC 3986: an escape is two hexadecimal digits, and before the first colon stands a scheme."""
_SIZE: Final = re.compile(r"\+?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})")
_DIGEST: Final = re.compile(r"[0-9a-fA-F]{40}")
_PARTS_OF_A_REFERENCE: Final = 3


def read_time(text: str) -> tuple[datetime | None, list[Finding]]:
    """Read a point in time."""
    stripped = text.strip()
    found = _LOOSE.fullmatch(stripped)
    if found is None:
        return None, [("time-value", f"{said(stripped)} is no time")]
    offset = found[2]
    if offset is None:
        return None, [("time-offset-missing", f"{said(stripped)} does not say its offset from UTC")]
    findings: list[Finding] = []
    if _FORM.fullmatch(stripped) is None:
        findings.append(("time-form", f"{said(stripped)} is not in CAP's form"))
    elif offset == "+00:00":
        findings.append(("time-utc", "UTC is written +00:00"))
    moment = _moment(found[1], "+00:00" if offset == "Z" else offset)
    if moment is None:
        return None, [("time-value", f"there is no {said(stripped)}")]
    return moment, findings


def _moment(local: str, offset: str) -> datetime | None:
    """Make the moment; midnight may be written as the end of the day before (XML Schema, `dateTime`)."""
    end_of_day = local.endswith("T24:00:00")
    try:
        moment = datetime.fromisoformat(f"{local[:11]}00:00:00{offset}" if end_of_day else f"{local}{offset}")
        moment += timedelta(days=end_of_day)
        moment.astimezone(UTC)  # the first day of the calendar may lie before it there
    except (ValueError, OverflowError):
        return None
    away = moment.utcoffset()
    return moment if away is not None and abs(away) <= _OFFSET_MAX else None


def _identifier(text: str) -> Read:
    stripped = text.strip()
    if not stripped:
        return None, [("element-missing", "it says nothing")]
    findings: list[Finding] = [] if stripped == text else [("value-blanks", "blanks stand around the value")]
    if (unsafe := _UNSAFE.search(stripped)) is not None:
        what = {",": "a comma", "<": "«<»", "&": "«&»"}.get(unsafe[0], "a blank")
        findings.append(("identifier-characters", f"{said(stripped)} has {what} in it"))
    return stripped, findings


def read_value(name: str, text: str, version: str) -> Read:
    """Read a value of a closed list."""
    stripped = text.strip()
    known = VALUES[name]
    findings: list[Finding] = [] if stripped == text else [("value-blanks", "blanks stand around the value")]
    if stripped in known and not (version == "1.1" and stripped in LATER):
        return stripped, findings
    rule = "value-unknown" if name in {"status", "msgType", "scope"} else "value-unknown-info"
    near = next((value for value in known if value.lower() == stripped.lower()), None)
    meant = f"; «{near}» may be meant" if near is not None and near != stripped else ""
    findings.append((rule, f"{said(stripped)} is none of {', '.join(known)}{meant}"))
    if rule == "value-unknown":
        return None, findings
    return near or STANDS_FOR.get(stripped) or INSTEAD.get(name), findings


def _language(text: str) -> Read:
    stripped = text.strip()
    if _LANGUAGE.fullmatch(stripped) is None:
        return stripped, [("language-form", f"{said(stripped)} is no code of a language")]
    return stripped, []


def _names(text: str) -> Read:
    names = tuple(quoted or plain for quoted, plain in _NAMES.findall(text))
    odd = text.count('"') % 2 == 1
    return tuple(filter(None, names)), [
        ("list-quotes", f"a quote is not closed in {said(text.strip())}")
    ] if odd else []


def _references(text: str) -> Read:
    references: list[Reference] = []
    findings: list[Finding] = []
    for one in text.split():
        parts = one.split(",")
        if len(parts) < _PARTS_OF_A_REFERENCE or not all(parts):
            findings.append(("references-form", f"{said(one)} is not sender,identifier,sent"))
            continue
        if len(parts) > _PARTS_OF_A_REFERENCE:
            findings.append(("references-comma", f"{said(one)} has {len(parts)} parts, and should have 3"))
        sent, wrong = read_time(parts[-1])
        findings += [(rule, f"in the reference {said(one)}: {message}") for rule, message in wrong]
        if sent is not None:
            references.append(Reference(parts[0], ",".join(parts[1:-1]), sent))
    return tuple(references), findings


def _web(text: str) -> Read:
    stripped = text.strip()
    scheme = _scheme(stripped)
    if scheme is None or _blank_inside(stripped):
        return stripped, [("web-form", f"{said(stripped)} is no whole address")]
    return stripped, []


def _uri(text: str) -> Read:
    stripped = text.strip()
    if _blank_inside(stripped):
        return stripped, [("uri-form", f"{said(stripped)} has a blank in it")]
    try:
        urlsplit(stripped)
        right = _URI.fullmatch(stripped) is not None
    except ValueError:
        right = False
    return stripped, [] if right else [("uri-form", f"{said(stripped)} is no address")]


def relative(uri: str) -> bool:
    """Tell whether an address is relative: it then says nothing without the document's own."""
    return _scheme(uri) is None


def _scheme(uri: str) -> str | None:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    whole = bool(parts.netloc) if parts.scheme in {"http", "https", "ftp", "ftps"} else bool(parts.path)
    return parts.scheme if parts.scheme and whole else None


def _blank_inside(text: str) -> bool:
    return any(sign.isspace() for sign in text)


def _mime(text: str) -> Read:
    stripped = text.strip()
    if _MEDIA_TYPE.fullmatch(stripped) is None:
        return stripped, [("mime-form", f"{said(stripped)} is no media type")]
    return stripped, []


def _size(text: str) -> Read:
    stripped = text.strip()
    if _SIZE.fullmatch(stripped) is None:
        return None, [("size-form", f"{said(stripped)} is no number of bytes")]
    return int(stripped), []


def _deref(text: str) -> Read:
    packed = "".join(text.split())
    try:
        same = base64.b64encode(base64.b64decode(packed, validate=True)).decode() == packed
    except (binascii.Error, ValueError):
        same = False
    return packed, [] if same else [("deref-form", "it is no base64, or has unused bits that are not 0")]


def _digest(text: str) -> Read:
    stripped = text.strip()
    right = _DIGEST.fullmatch(stripped) is not None
    return stripped, [] if right else [("digest-form", f"{said(stripped)} is no SHA-1")]


def _decimal(text: str) -> Read:
    stripped = text.strip()
    if _DECIMAL.fullmatch(stripped) is None:
        return None, [("altitude-form", f"{said(stripped)} is no number")]
    return float(stripped), []


READERS: Final[Mapping[str, Callable[[str], Read]]] = {
    "time": read_time,
    "identifier": _identifier,
    "language": _language,
    "names": _names,
    "references": _references,
    "web": _web,
    "uri": _uri,
    "mime": _mime,
    "size": _size,
    "deref": _deref,
    "digest": _digest,
    "decimal": _decimal,
}
"""By the kind of an element. Texts have no form; closed lists and shapes are read by the functions beside these."""
