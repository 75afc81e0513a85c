"""Whether bytes from outside are text: UTF-8 without a byte-order mark, as JSON travels."""

from __future__ import annotations

from typing import Final

from cbrn_schemas.errors import InvalidEventError, Reason

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def wrong_encoding(data: bytes) -> InvalidEventError | None:
    """Refuse bytes that are no UTF-8, or that begin with a byte-order mark; return None for those that are text."""
    if data.startswith(_BYTE_ORDER_MARK):
        return InvalidEventError(
            Reason.BAD_ENCODING,
            where="value",
            message="the text begins with a byte-order mark",
            hint="save the text as UTF-8 without BOM and publish it again",
        )
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return InvalidEventError(
            Reason.BAD_ENCODING,
            where="value",
            message=f"byte {error.start + 1} (0x{data[error.start]:02x}) is not UTF-8",
            hint="encode the text as UTF-8 (not Windows-1251, not UTF-16) and publish it again",
        )
    return None
