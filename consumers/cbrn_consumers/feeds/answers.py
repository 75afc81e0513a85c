"""How content is answered: whole, or not again to whom it is known to; packed where nobody learns from its length."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from fastapi import Response

if TYPE_CHECKING:
    from fastapi import Request

PUBLIC_FOR_S: Final = 30
"""How long a cache between may hold a page of the public feed without asking."""
DOCUMENT_FOR_S: Final = 24 * 3600
SETTLED_S: Final = 2
"""A time of HTTP has whole seconds: what has changed within the last ones may change again within the same."""
_TAGS: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e]*")')


class Content(NamedTuple):
    """What there is at an address."""

    whole: bytes
    etag: str
    media_type: str
    changed: datetime
    public: bool
    packed: bytes | None = None
    """The same in gzip. Given out of the public feed alone: of what only some may read, a length could tell a word that
    somebody has put beside another (BREACH). A document is never packed: its bytes are what was signed."""
    for_s: int = 0
    """How long it is fresh; 0: to be asked for anew each time."""


def answer(request: Request, content: Content, now: datetime) -> Response:
    """Answer with the content, or 304 where the asker has it."""
    packs = content.public and content.packed is not None
    packed = packs and _takes_gzip(request.headers.get("accept-encoding", ""))
    etag = f'"{content.etag}{"-gz" if packed else ""}"'
    headers = {"etag": etag, "cache-control": _cache_control(content)}
    settled = now - content.changed > timedelta(seconds=SETTLED_S)
    if settled:
        headers["last-modified"] = format_datetime(content.changed.astimezone(UTC).replace(microsecond=0), usegmt=True)
    vary = [*(["accept-encoding"] if packs else []), *([] if content.public else ["authorization"])]
    if vary:
        headers["vary"] = ", ".join(vary)
    if _is_known(request, etag, content.changed if settled else None):
        return Response(status_code=304, headers=headers)
    if packed and content.packed is not None:
        headers["content-encoding"] = "gzip"
    body = content.packed if packed and content.packed is not None else content.whole
    headers["content-length"] = str(len(body))
    return Response(b"" if request.method == "HEAD" else body, media_type=content.media_type, headers=headers)


def _cache_control(content: Content) -> str:
    if not content.public:
        return "private, no-cache"
    return f"public, max-age={content.for_s}" if content.for_s else "public, no-cache"


def _is_known(request: Request, etag: str, changed: datetime | None) -> bool:
    """Tell whether the asker has it (RFC 9110, 13.2.2): tags count before times."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or etag in _TAGS.findall(tags)
    since = request.headers.get("if-modified-since")
    if since is None or changed is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except (ValueError, TypeError, OverflowError):
        return False
    return moment.tzinfo is not None and changed.replace(microsecond=0) <= moment


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        coding, _, quality = part.partition(";")
        if coding.strip() == "gzip":
            return quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
