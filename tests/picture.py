"""`uv run python -m tests.picture`: play the demo on a real bus and draw what its terminal shows as `docs/demo.svg`.

Three of the eight steps, and the check; each as the command shows it. No font is fetched by whoever looks at it.
"""

from __future__ import annotations

import re
import sys
import time
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cbrn_deploy.cli.demo.play import Plan, run_demo
from cbrn_deploy.cli.demo.screen import Screen
from cbrn_deploy.cli.demo.texts import Speech
from cbrn_deploy.cli.printing import console
from cbrn_producers.simulator import DEFAULT_SCENARIO, scenario
from cbrn_schemas.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Generator

    from cbrn_schemas.events.base import Language

FILE = Path(__file__).parents[1] / "docs" / "demo.svg"
STEPS = frozenset({1, 2, 4})
"""The first report, the unreadable one, the correction."""
COLUMNS = 100
FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""Rich names fonts on somebody's server; without them the reader's own are taken."""


class Recorded(Screen):
    """A screen of which chosen parts are kept, and on which nothing moves."""

    def __init__(self, lang: Language) -> None:
        paper = console(record=True, file=StringIO(), force_terminal=True, width=COLUMNS, color_system="truecolor")
        super().__init__(Speech(lang), paper)
        self.console.record = False

    @contextmanager
    def live(self, board: Any) -> Generator[None]:  # noqa: ARG002 - a picture has no panel that lives
        """Draw nothing below the cards."""
        yield

    def rule(self, text: str, style: str = "bold") -> None:
        """Keep the case's name and the check."""
        self.console.record = text in {self.speech.words(CASE.title), self.speech.say("checking")}
        super().rule(text, style)

    def announce(self, number: int, total: int, comment: str, board: Any) -> None:
        """Keep the chosen steps."""
        self.console.record = number in STEPS
        super().announce(number, total, comment, board)


CASE = scenario(DEFAULT_SCENARIO)


def picture(lang: Language) -> str:
    """Play the case; the picture, if every alert arrived exactly once."""
    screen = Recorded(lang)
    plan = Plan((CASE,), speed=5.0, stay=False, data=None, as_json=False, began=time.time())
    if status := run_demo(Settings(lang=lang), plan, screen):
        sys.exit(status)
    screen.console.record = True
    drawn = FONT.sub("", screen.console.export_svg(title="uv run cbrn demo"))
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"


if __name__ == "__main__":
    language, file = sys.argv[1:] or ("en", FILE)
    Path(file).write_text(picture(language), encoding="utf-8")
