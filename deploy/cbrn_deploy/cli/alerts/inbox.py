"""`cbrn inbox`: what a body was told, folded: one line a situation or station. It takes part in nothing."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cbrn_deploy.cli.invocation import EXIT_FAILED, EXIT_INTERRUPTED, Invocation
from cbrn_deploy.cli.parameters import ROWS, BodyArgument, LimitOption, body_code, moment, span
from cbrn_deploy.cli.printing import complain, console, json_text, paged

if TYPE_CHECKING:
    from rich.console import Console

    from cbrn_consumers.inbox import Line, Notice
    from cbrn_consumers.inbox.reader import InboxReader, Options
    from cbrn_deploy.cli.alerts.inbox_screen import InboxScreen
    from cbrn_schemas.settings import Settings

LaneName = Literal["alerts", "monitoring"]


@Invocation.takes("realm", "servers", "lang", "json")
def inbox(
    call: Invocation,
    body: BodyArgument,
    *,
    lane: Annotated[LaneName | None, typer.Option(help="Only this.  [default: both]", show_default=False)] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN",
            help="Fold only what was routed since: 24h, 7d, 2026-11-01.  [default: all that Kafka holds]",
            show_default=False,
        ),
    ] = None,
    hidden: Annotated[bool, typer.Option("--hidden", help="Also the lines that silences hide.")] = False,
    expand: Annotated[
        str | None,
        typer.Option(metavar="GROUP", help="Show every message of one situation or station.", show_default=False),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow/--once", help="Go on with notices as they come; --once shows the list and ends.")
    ] = False,
    interval: Annotated[
        str, typer.Option(metavar="TIME", help="With --follow: the longest that a repetition waits to be told.")
    ] = "5m",
    limit: LimitOption = ROWS,
    bell: Annotated[
        bool, typer.Option("--bell/--no-bell", help="With --follow: ring for what is not a mere repetition.")
    ] = True,
) -> None:
    """Show what BODY was told: one row a situation or station, first what it has to answer, then the gravest.

    `cbrn show` has everything about one of them. What counts as answered, the body's own receipts say; with --since
    those to what was told before are not known, and it counts as not answered.

    Repeated readings of one station are one line with their count and the latest value. Nothing is left out for good:
    --expand shows every message of a line, --hidden what silences hide. It reads beside the body's own programs and
    takes nothing away from them.
    """
    from datetime import UTC, datetime

    from cbrn_consumers.inbox.reader import Options
    from cbrn_schemas.topics import Lane

    lanes = {None: tuple(Lane), "alerts": (Lane.INCIDENTS,), "monitoring": (Lane.MONITORING,)}[lane]
    begin = moment(since, datetime.now(UTC))
    options = Options(lanes=lanes, since=begin, interval=span(interval), expand=expand)
    printer: Any = _Json(hidden=hidden) if call.as_json else _Screen(call, hidden=hidden, limit=limit, bell=bell)
    try:
        call.run(_inbox(call.settings, body_code(body), options, printer, follow=follow))
    except KeyboardInterrupt:
        if follow:  # the usual end of following
            return
        raise typer.Exit(EXIT_INTERRUPTED) from None


async def _inbox(settings: Settings, body: str, options: Options, printer: Any, *, follow: bool) -> None:
    from cbrn_consumers.inbox.reader import InboxReader

    async with InboxReader(settings, body, options) as reader:
        if options.expand is not None:
            _expand(reader, options.expand, printer)
            return
        printer.view(reader, follow=follow)
        if follow:
            async with aclosing(reader.notices()) as notices:
                async for notice in notices:
                    printer.notice(notice, reader)


def _expand(reader: InboxReader, name: str, printer: Any) -> None:
    from cbrn_consumers.inbox import line_of

    lines = [line_of(group) for group in reader.inbox.groups() if group.latest and name in group.latest.names]
    if not lines:
        complain(
            f"{reader.body} was told of no situation or station {name!r}",
            "`cbrn inbox` shows the names; --since may have left it out.",
        )
        raise typer.Exit(EXIT_FAILED)
    printer.expanded(reader, lines)


class _Json:
    """One object a line: the inbox, then each notice."""

    def __init__(self, *, hidden: bool) -> None:
        self._hidden = hidden

    def view(self, reader: InboxReader, *, follow: bool) -> None:
        from cbrn_consumers.inbox.as_json import view_json

        del follow  # a machine reads on by itself
        held = {group.key: group for group in reader.inbox.groups()}
        view = reader.inbox.view(reader.clock())
        _print_line(view_json(view, held, reader.answers, realm=reader.settings.realm, hidden=self._hidden))

    def expanded(self, reader: InboxReader, lines: list[Line]) -> None:
        from cbrn_consumers.inbox.as_json import line_json
        from cbrn_deploy.cli.alerts.tail import alert_json

        held = {group.key: group for group in reader.inbox.groups()}
        groups = [line_json(line, held, reader.clock(), reader.answers) for line in lines]
        _print_line({"type": "group", "groups": groups, "messages": [alert_json(each) for each in reader.expanded]})

    def notice(self, notice: Any, reader: InboxReader) -> None:
        from cbrn_consumers.inbox.as_json import notice_json

        _print_line(notice_json(notice, reader.answers))


class _Screen:
    """Tables for people; a list that is longer than the terminal in its pager."""

    def __init__(self, invocation: Invocation, *, hidden: bool, limit: int, bell: bool) -> None:
        self._lang = invocation.language
        self._hidden, self._limit, self._bell = hidden, limit, bell

    def view(self, reader: InboxReader, *, follow: bool) -> None:
        view = reader.inbox.view(reader.clock())
        with paged(console(), unless=follow) as out:
            self._screen(reader, out).show_view(view, hidden=self._hidden, limit=self._limit)

    def expanded(self, reader: InboxReader, lines: list[Line]) -> None:
        with paged(console()) as out:
            screen = self._screen(reader, out)
            screen.show_lines(lines, reader.clock())
            screen.show_messages(reader.deliveries)

    def notice(self, notice: Notice, reader: InboxReader) -> None:
        out = console()
        self._screen(reader, out).show_notice(notice)
        if self._bell and notice.news:
            out.bell()  # on a terminal only

    def _screen(self, reader: InboxReader, out: Console) -> InboxScreen:
        from cbrn_deploy.cli.alerts.inbox_screen import InboxScreen

        return InboxScreen(self._lang, reader.answers, out)


def _print_line(what: dict[str, Any]) -> None:
    print(json_text(what), flush=True)
