"""A condition of a duty or an agreement as a rule: so the one matcher reads it, and says what it tells apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cbrn_routing.rulebook.language import Basis, Rule, Title

if TYPE_CHECKING:
    from cbrn_routing.rulebook.language import When

_TITLE: Final = Title(ky="шарт", ru="условие", en="condition")
_BASIS: Final = Basis(instrument="condition", article="see there", source="see there", confidence="high")


def condition_rule(index: int, when: When) -> Rule:
    """Make a condition a rule that tells nobody; its id ends with the index."""
    return Rule(id=f"condition-{index}", title=_TITLE, basis=(_BASIS,), when=when, restricted=True)
