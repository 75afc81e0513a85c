"""Reports of a desk without Kafka: what is sent is kept, and a page's form is filled in and sent as a browser does."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from cbrn_consumers.desk.report import Book, Earlier, filled, outgoing
from cbrn_producers import Receipt
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.contracts.template import example

if TYPE_CHECKING:
    from tests.builders.desk import Client, House

    from cbrn_schemas.events import AnyEvent

Pairs = list[tuple[str, str]]


class Sent:
    """A bus that takes reports: `refusing` is raised instead, `earlier_ones` are what the body said before."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.refusing: Exception | None = None
        self.events: list[AnyEvent] = []
        self.receipts: dict[tuple[str, str], Receipt] = {}
        self.earlier_ones: tuple[Earlier, ...] = ()

    async def publish(self, body: str, event: AnyEvent) -> Receipt:
        if self.refusing is not None:
            raise self.refusing
        record = outgoing(self._house.desk.settings, body, event)
        if (body, record.id) not in self.receipts:
            self.events.append(event)
            offset = len(self.receipts)
            self.receipts[body, record.id] = Receipt(record.id, record.topic, 0, offset, self._house.now)
        return self.receipts[body, record.id]

    def sent(self, body: str, event_id: str) -> Receipt | None:
        return self.receipts.get((body, event_id))

    async def earlier(self, body: str) -> tuple[Earlier, ...]:
        if self.refusing is not None:
            raise self.refusing
        return tuple(each for each in self.earlier_ones if each.event.body == body)

    async def book(self) -> Book:
        return Book(national_rulebook(), in_force=False)

    async def close(self) -> None:
        """Nothing is open."""


def reporting(house: House) -> Sent:
    """Give a desk a bus that takes its reports."""
    made = Sent(house)
    house.app.state.reporting = made
    return made


def typed_example(kind: str, **other: str | None) -> dict[str, list[str]]:
    """What an officer types for the example of a kind; `other` are fields to be other, None: not given."""
    typed = filled(kind, example(kind))
    for name, text in other.items():
        typed[name] = [] if text is None else [text]
    return typed


class _Form(HTMLParser):
    """The fields of a page's form `report`, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pairs: Pairs = []
        self._in = False
        self._select: str | None = None
        self._chosen: str | None = None
        self._area: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said: dict[str, Any] = dict(attrs)
        if tag == "form":
            self._in = said.get("id") == "report"
        if not self._in:
            return
        if tag == "input" and said.get("name") and said.get("type") not in {"image", "submit"}:
            if said.get("type") != "checkbox" or "checked" in said:
                self.pairs.append((said["name"], said.get("value") or ""))
        elif tag == "select":
            self._select, self._chosen = said["name"], None
        elif tag == "option" and self._select and (self._chosen is None or "selected" in said):
            self._chosen = said["value"] or ""
        elif tag == "textarea":
            self._area, self._text = said["name"], ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in = False
        elif tag == "select" and self._select:
            self.pairs.append((self._select, self._chosen or ""))
            self._select = None
        elif tag == "textarea" and self._area:
            self.pairs.append((self._area, self._text.removeprefix("\n")))
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text += data


def form_of(page: str) -> Pairs:
    """Read what the form of a page would send."""
    parser = _Form()
    parser.feed(page)
    return parser.pairs


def as_sent(typed: dict[str, list[str]]) -> dict[str, Any]:
    """Write typed fields as httpx sends them."""
    return {name: texts if len(texts) != 1 else texts[0] for name, texts in typed.items() if texts}


async def press(client: Client, kind: str, page: str, act: str, **other: str) -> Any:
    """Press a button of a page's form; `other` are fields that were typed over before."""
    typed: dict[str, list[str]] = {}
    for name, text in form_of(page):
        typed.setdefault(name, []).append(text)
    typed |= {name: [text] for name, text in other.items()}
    return await client.post(f"/report/new/{kind}", data=as_sent(typed | {"~act": [act]}))
