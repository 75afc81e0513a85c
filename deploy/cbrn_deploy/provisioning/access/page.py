"""Who may do what, as one page to read and print without a network. The only module of this room that knows jinja2."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined

from cbrn_deploy.provisioning.access.quotas import quota
from cbrn_deploy.provisioning.access.report import changes
from cbrn_deploy.provisioning.access.words import limits
from cbrn_schemas.catalogue.bodies import body
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from jinja2 import Template

    from cbrn_deploy.provisioning.access.difference import AccessDifference
    from cbrn_deploy.provisioning.access.report import Line


def page(lines: Sequence[Line], found: AccessDifference, realm: Realm, now: datetime) -> str:
    """Return the page as HTML."""
    by_body: dict[str, list[Line]] = {}
    for line in lines:
        by_body.setdefault(line.user.body or "", []).append(line)
    groups = [
        {
            "code": code,
            "name": body(code).name("en") if code else "The bus's own processes, and persons with rights on it",
            "lines": some,
            "limits": limits(quota(some[0].user)),
        }
        for code, some in by_body.items()
    ]
    return _template().render(
        realm=realm,
        exercise=realm is Realm.EXERCISE,
        now=now,
        groups=groups,
        found=found,
        held=sum(bool(line.credentials) for line in lines),
        users=len(lines),
        lists=[
            ("Missing: apply adds it", changes(found.add)),
            ("Too much: apply takes it away", changes(found.remove)),
            ("Of credentials that nobody knows: left alone", changes(found.unknown)),
            ("For bodies that are in no catalogue here: left alone", changes(found.uncatalogued)),
            ("Of others, and within the realm: left alone", changes(found.foreign)),
        ],
    )


@cache
def _template() -> Template:
    text = resources.files(__package__).joinpath("page.html.jinja").read_text(encoding="utf-8")
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.from_string(text)
