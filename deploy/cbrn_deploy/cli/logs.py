"""Log lines of every process, set up once: structlog for ours, and the libraries' own through the same renderer.

They go to standard error, so that standard output stays what a command answers.
"""

from __future__ import annotations

import io
import logging
import sys
from typing import TYPE_CHECKING, Literal

import structlog

from cbrn_deploy.cli.printing import json_text, printable

if TYPE_CHECKING:
    from typing import TextIO

    from structlog.typing import EventDict, ExcInfo, Processor

LogFormat = Literal["console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

LIBRARIES = ("aiokafka", "faststream", "cbrn.faststream", "asyncio", "uvicorn", "alembic")
"""Loggers that tell much at info that helps nobody on duty."""


def configure_logs(
    log_format: LogFormat, level: LogLevel, *, libraries: LogLevel | Literal["critical"] = "warning"
) -> None:
    """Route every log line of the process to standard error, one line each. Calling it again replaces the set-up.

    `libraries` is the level from which libraries are heard, where debug is not asked for: `critical` for a
    command that tells its user of failures itself.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()], processors=_rendering(log_format)
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in LIBRARIES:
        logging.getLogger(name).setLevel((level if level == "debug" else libraries).upper())
    if level == "debug":
        # It writes down what passes between it and a broker, and so what a password could be guessed from.
        logging.getLogger("aiokafka.conn").setLevel(logging.INFO)


def _rendering(log_format: LogFormat) -> list[Processor]:
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if log_format == "json":
        return [
            remove_meta,
            # Never local variables: they hold events, restricted ones too, and a thousand lines hide the one needed.
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(serializer=json_text),
        ]
    return [
        remove_meta,
        _spelled_out,
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_traceback),
    ]


def _spelled_out(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Write texts on one line, with what a terminal would obey spelled out: the renderer does so for all but texts."""
    return {name: printable(value) if isinstance(value, str) else value for name, value in event.items()}


def _traceback(out: TextIO, error: ExcInfo) -> None:
    plain = io.StringIO()
    structlog.dev.plain_traceback(plain, error)
    out.write("\n".join(map(printable, plain.getvalue().split("\n"))))
