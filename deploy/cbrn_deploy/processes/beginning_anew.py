"""A process whose work has ended so that it begins anew runs itself again: same number, arguments, parent and log."""

from __future__ import annotations

import os
import sys
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

from cbrn_schemas.catalogue.own import WITHOUT_TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Given = ParamSpec("Given")


class StartAgain(Exception):  # noqa: N818 - no error: the process ends its work and runs itself again
    """The work has ended so that the process begins anew. `without`: bodies that it then leaves out."""

    def __init__(self, without: Iterable[str] = ()) -> None:
        super().__init__("begins anew")
        self.without = sorted(without)


def begins_anew(command: Callable[Given, None]) -> Callable[Given, None]:
    """Run a command's process again, in its place, whenever its work has ended with `StartAgain`."""

    @wraps(command)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except StartAgain as again:
            os.environ.pop(WITHOUT_TOPICS, None)
            if again.without:
                os.environ[WITHOUT_TOPICS] = ",".join(again.without)
            sys.stdout.flush()
            sys.stderr.flush()
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - this program, as it was called

    return run
