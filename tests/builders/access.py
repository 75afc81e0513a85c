"""What ten bodies and the bus's processes may do, written by hand, beside the table of streams and not out of it.

A line: operation, resource, name; a name that ends with a dot stands for all that begin with it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from cbrn_deploy.provisioning.access import Resource
from cbrn_schemas.catalogue.bodies import publishers, receivers

if TYPE_CHECKING:
    from cbrn_deploy.provisioning.access import Right

ON: Final = date(2026, 11, 1)
BODIES: Final = ("mes", "mes-cmc", "moh", "moh-ses", "scns", "customs", "mnrets", "vet", "kz", "iaea")
"""Ministries, agencies under them with names that begin alike, a neighbour, an organisation."""

PARTNERS: Final = ("kz", "iaea")
"""Of these, whoever is abroad."""

_OWN_READ_BACK: Final = ("receipts", "silences", "notices", "shifts")
_KNOWN_TO_DESKS: Final = ("cbrn.bus.rulebook", "cbrn.bus.rulebook-status")


def said(right: Right, *, bodies: bool = False) -> str:
    """Write a right as the lists here do; with `bodies` a star stands for whichever body it is."""
    kind = "" if right.resource is Resource.TOPIC else f"{right.resource} "
    name = re.sub(r"^(cbrn\.(?:from|to)\.)[a-z0-9-]+", r"\1*", right.name) if bodies else right.name
    return f"{right.operation} {kind}{name}"


def by_hand(body: str, process: str | None) -> set[str]:
    """Say what a body, or a process of it, may do."""
    return _at_home(body, process) | (_abroad(body, process) if body in PARTNERS else set())


def _abroad(body: str, process: str | None) -> set[str]:
    """Say what a partner may beside what every body may."""
    original, document = f"cbrn.from.{body}.originals", f"read cbrn.to.{body}.documents"
    return {
        None: {f"read {original}"},
        "gateway": {f"write {original}"},
        "desk": {f"read {original}", document},
        "feed": {document},
        "notify": set(),
        "mirror": {
            *(f"read cbrn.to.{body}.{one}" for one in ("alerts", "monitoring")),
            document,
            f"write {original}",
            *(
                f"{may} cbrn.mirror.{body}.{one}"
                for may in ("read", "write")
                for one in ("configs", "offsets", "status")
            ),
            f"read group cbrn.mirror.{body}.workers",
            f"write transactional-id cbrn.mirror.{body}.",
            f"write transactional-id connect-cluster-cbrn.mirror.{body}.workers",
        },
    }[process]


def _at_home(body: str, process: str | None) -> set[str]:
    publishes, told = body in publishers(ON, ahead=True), body in receivers(ON, ahead=True)
    out, to = f"cbrn.from.{body}", f"cbrn.to.{body}"
    if process == "gateway":
        return {f"write {out}.incidents", f"write {out}.monitoring"} if publishes else set()
    lines: set[str] = set()
    if process is None:
        lines = {f"write {out}.", f"read {to}.", f"read group {to}."}
    if process == "feed":
        lines = {f"read {to}.alerts", f"read {to}.monitoring", f"read group {to}."}
    if process == "notify":
        lines = {f"read {to}.alerts", f"read group {to}.notify", f"read {out}.notices", f"read {out}.shifts"}
        lines |= {f"write {out}.receipts", f"write {out}.notices", f"write {out}.shifts"}
    if process == "desk":
        lines = {
            *(f"read {to}.{one}" for one in ("alerts", "monitoring")),
            *(f"read {to}.{one}" for one in ("standing", "copies") if body not in PARTNERS),
            f"describe group {to}.",
        }
        lines |= {f"write {out}.{one}" for one in (*_OWN_READ_BACK, "decisions")}
        if publishes:
            lines |= {f"write {out}.incidents", f"write {out}.monitoring"}
    if process in {None, "desk"}:
        lines |= {f"read {out}.{one}" for one in _OWN_READ_BACK}
        lines |= {f"read {topic}" for topic in _KNOWN_TO_DESKS}
        if publishes:
            lines.add(f"read {out}.incidents")
    assert told, f"{body} is told nothing: choose another for this list"
    return lines


def _router(lane: str, delivery: str) -> set[str]:
    kept = {f"cbrn.bus.state-{lane}", f"cbrn.bus.misplaced-{lane}"}
    written = {"cbrn.bus.decisions", "cbrn.bus.duties", "cbrn.bus.quarantine", "cbrn.bus.outbound"}
    return {
        f"read cbrn.from.*.{lane}",
        "read cbrn.bus.rulebook",
        "read cbrn.bus.keys",
        *(f"read {topic}" for topic in kept),
        *(f"write {topic}" for topic in kept | written),
        f"write cbrn.to.*.{delivery}",
        "write cbrn.bus.rulebook-status",
        f"read group cbrn.bus.router.{lane}",
        f"write transactional-id cbrn.bus.router.{lane}.",
    }


BUS: Final[dict[str, set[str]]] = {
    "router-incidents": _router("incidents", "alerts"),
    "router-monitoring": _router("monitoring", "monitoring"),
    "duties": {
        "read cbrn.bus.duties",
        "read cbrn.from.*.decisions",
        "write cbrn.bus.duties",
        "write cbrn.to.*.alerts",
        "write transactional-id cbrn.bus.duties.",
    },
    "quarantine": {
        "read cbrn.bus.quarantine",
        "read cbrn.from.*.decisions",
        "write cbrn.bus.quarantine",
        "write cbrn.from.*.incidents",
        "write cbrn.from.*.monitoring",
        "write cbrn.bus.overruled",
        "write transactional-id cbrn.bus.quarantine.",
    },
    "partners": {
        "read cbrn.bus.outbound",
        "read cbrn.bus.releases",
        "read cbrn.from.*.decisions",
        "read cbrn.from.*.incidents",
        "read cbrn.from.*.receipts",
        "read cbrn.to.*.documents",
        "write cbrn.bus.releases",
        "write cbrn.to.*.alerts",
        "write cbrn.to.*.documents",
        "write cbrn.to.*.copies",
        "write transactional-id cbrn.bus.partners.",
    },
    "inbound": {
        "read cbrn.from.*.originals",
        "read cbrn.bus.overruled",
        *(f"write cbrn.from.*.{one}" for one in ("originals", "incidents", "receipts")),
        "write cbrn.bus.quarantine",
        "read group cbrn.bus.inbound",
        "read cbrn.from.*.incidents",
        "read cbrn.to.*.alerts",
        "write cbrn.to.*.alerts",
    },
    "feeds": {"read cbrn.to.*.documents", "read group cbrn.bus.feeds"},
    "watch": {
        "read cbrn.to.*.alerts",
        *(f"read cbrn.from.*.{one}" for one in ("receipts", "shifts", "incidents", "monitoring")),
        "read cbrn.bus.state-watch",
        "read cbrn.bus.misplaced-watch",
        "write cbrn.to.*.alerts",
        "write cbrn.to.*.standing",
        "write cbrn.bus.standing",
        "write cbrn.bus.state-watch",
        "write cbrn.bus.misplaced-watch",
        "read group cbrn.bus.watch",
        "describe group cbrn.bus.router.",
        "describe group cbrn.to.",
        "write transactional-id cbrn.bus.watch.",
    },
    "desk": {
        *(f"read cbrn.to.*.{one}" for one in ("alerts", "monitoring", "standing", "copies", "documents")),
        *(f"read cbrn.from.*.{one}" for one in ("incidents", "originals", *_OWN_READ_BACK)),
        *(f"write cbrn.from.*.{one}" for one in ("incidents", "monitoring", "decisions", *_OWN_READ_BACK)),
        *(
            f"read cbrn.bus.{one}"
            for one in ("decisions", "duties", "quarantine", "state-watch", "outbound", "releases")
        ),
        *(f"read {topic}" for topic in _KNOWN_TO_DESKS),
        "describe group cbrn.to.",
    },
    "officer": {
        *(f"read cbrn.from.*.{one}" for one in ("incidents", "monitoring", "receipts", "originals")),
        *(f"read cbrn.to.*.{one}" for one in ("alerts", "documents")),
        *(
            f"read cbrn.bus.{one}"
            for one in ("decisions", "quarantine", "outbound", "releases", "standing", "duties", "access")
        ),
        *(f"read {topic}" for topic in _KNOWN_TO_DESKS),
        "write cbrn.bus.rulebook",
        "read cbrn.bus.keys",
        "write cbrn.bus.keys",
        "describe group cbrn.to.",
    },
    "topics": {"create cbrn.", "alter-configs cbrn.", "describe cbrn."},
}
