"""Folders in which alerts lie: nobody but their owner may look into them, since some are marked TLP:RED."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_deploy.kafka.supervisor import PRIVATE

if TYPE_CHECKING:
    from pathlib import Path


def private_folder(path: Path, *, ours: bool = True) -> Path:
    """Make a folder that only this user may enter, and return it.

    One that is there already is closed to others if it is `ours` by its name. Otherwise it is left: it may be the
    user's home, and what we put into it is closed by itself.
    """
    there = path.is_dir()
    path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    if there and ours:
        path.chmod(PRIVATE)
    return path
