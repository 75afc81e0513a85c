"""The architecture page shows the house as it stands, and points at files that there are."""

from __future__ import annotations

import re

from tests.rooms import BEGIN, PAGE, drawn


def test_the_rooms_are_drawn_from_the_code() -> None:
    """Whoever moves a room has the page written again: `uv run python -m tests.rooms`."""
    assert f"{BEGIN}{drawn()}" in PAGE.read_text(encoding="utf-8")


def test_every_link_and_path_of_the_page_leads_somewhere() -> None:
    """A newcomer who follows it must not stand before a wall."""
    text = PAGE.read_text(encoding="utf-8")
    links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link}
    paths = set(re.findall(r"`((?:schemas|routing|producers|consumers|deploy)/(?:cbrn_|examples)[^`<*]*)`", text))
    assert links
    assert paths
    assert not sorted(link for link in links if not (PAGE.parent / link).exists())
    assert not sorted(path for path in paths if not (PAGE.parents[1] / path).exists())
