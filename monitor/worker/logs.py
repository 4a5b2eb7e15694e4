"""Logs: one JSON object a line on standard error, events with fields; no person's number, no body of a message."""

from __future__ import annotations

import json
import logging
import sys
import traceback

import structlog

from monitor.text import printable_json
from streams.kafka.ending import may_name_somebody


def set_up_logs(level: str, connection: logging.Filter) -> None:
    """Send every logger of the process, the libraries' too, through one JSON formatter.

    connection: holds back what only repeats that a broker is away.
    """
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_traceback),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(_one_line),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(connection)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # The libraries' own chatter is for those who debug them; at info they name every poll and every heartbeat.
    for name in ("faust", "mode", "aiokafka"):
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    structlog.configure(
        processors=[*shared[:-1], structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _traceback(exc_info: structlog.typing.ExcInfo) -> str:
    """Where an error came from; without its text where somebody may be named in it."""
    _, error, _ = exc_info
    if not may_name_somebody(error):
        return "".join(traceback.format_exception(error)).rstrip()
    return "".join([*traceback.format_tb(error.__traceback__), type(error).__name__])


def _one_line(event: object, **how: object) -> str:
    """An event as JSON in one line: Chinese stays readable, what could steer a terminal is escaped."""
    return printable_json(json.dumps(event, ensure_ascii=False, **how))  # type: ignore[arg-type]  # as structlog gives it
