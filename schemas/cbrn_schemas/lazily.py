"""Packages whose public names are loaded when they are asked for, so that a command waits for none of the rest."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def found_in(package: str, *rooms: str) -> Callable[[str], Any]:
    """Return a package's `__getattr__`, which looks for the names of its `__all__` in `rooms`, in that order.

    What none of them has is one of the package's modules, which is let out as a whole.
    """

    def look_for(name: str) -> Any:
        module = sys.modules[package]
        if name in module.__all__:
            for room in rooms:
                if (found := vars(import_module(room)).get(name)) is not None:
                    setattr(module, name, found)
                    return found
            return import_module(f"{package}.{name}")
        raise AttributeError(f"{package} has no {name}")

    return look_for
