"""Whether bytes from outside are text: UTF-8 without a byte-order mark, as JSON travels."""

from __future__ import annotations

import re
from typing import Final

from cbrn_schemas.errors import InvalidEventError, Reason

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_WINDOWS_1251: Final = re.compile(rb"[\xc0-\xff\xa8\xb8]{2,}")
"""Two Russian letters or more, in the bytes of Windows."""


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
        message = f"byte {error.start + 1} (0x{data[error.start]:02x}) is not UTF-8"
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            message, hint = "the text is UTF-16, as some editors save it", "save it as UTF-8 without BOM"
        elif words := _WINDOWS_1251.findall(data[error.start : error.start + 40]):
            hint = f"save it as UTF-8: it seems to be Windows-1251, in which this is «{words[0].decode('cp1251')}»"
        else:
            hint = "save it as UTF-8 (not Windows-1251, not UTF-16)"
        return InvalidEventError(Reason.BAD_ENCODING, where="value", message=message, hint=f"{hint}; publish it again")
    return None
