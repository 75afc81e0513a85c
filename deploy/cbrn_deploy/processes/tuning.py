"""What a process that handles records in bulk asks of Python's collector and of the C library's allocator."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Final

GC_THRESHOLD: Final = 50_000
"""Allocations between collections: a batch's objects die with it, so looking for cycles more often finds nothing."""
M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
"""Parameters of glibc's mallopt(3)."""
KEPT_BYTES: Final = 16 * 1024 * 1024
"""Buffers below this come from the heap, and as much free heap is kept: the largest batch has 1 MiB."""


def tune_process() -> None:
    """Collect seldom, leave what start-up made out of collections, and keep freed buffers for the next batch.

    glibc gives a buffer above 128 KiB pages of its own and returns them when it is freed, so that each batch pays for
    thousands of page faults. Where the C library is another one, nothing is changed.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(M_MMAP_THRESHOLD, KEPT_BYTES)
            mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
