"""What the logs say, and what they must not: an order's link opens its tickets, so no log holds one."""

import logging
import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from config.tracing import Marked

# An order's token as ticketing.models.orders.new_token makes it, wherever an address holds one.
_ORDER_LINK = re.compile(r"/o/[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")


def redacted(text: str) -> str:
    """The text with the tokens of orders' links taken out."""
    return _ORDER_LINK.sub("/o/...", text)


class Redacting(logging.Formatter):
    """A line of the log without secrets. A formatter and no filter: it sees the traceback too."""

    def format(self, record: logging.LogRecord) -> str:
        """The finished line, redacted."""
        return redacted(super().format(record))


class _Line(msgspec.Struct, omit_defaults=True):
    at: str
    level: str
    logger: str
    trace: str
    message: str
    traceback: str = ""


class AsJson(Redacting):
    """One JSON object a line, for those who collect logs: at (UTC), level, logger, trace, message, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The finished line, redacted as the other is."""
        line = _Line(
            at=datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            level=record.levelname,
            logger=record.name,
            trace=getattr(record, "trace", "-"),
            message=redacted(record.getMessage()),
            traceback=redacted(self.formatException(record.exc_info)) if record.exc_info else "",
        )
        return msgspec.json.encode(line).decode()


class WithoutTraceback(logging.Filter):
    """For what strangers can cause at will: one line each, and no more than a warning."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, quieter."""
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        return True


def configuration(level: str, shape: str) -> dict[str, Any]:
    """Django's LOGGING: one handler, everything to the console, as lines for people or as JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": Redacting, "format": "%(asctime)s %(levelname)s %(name)s [%(trace)s] %(message)s"},
            "json": {"()": AsJson},
        },
        "filters": {"without_traceback": {"()": WithoutTraceback}, "marked": {"()": Marked}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": shape, "filters": ["marked"]}
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.channels.server": {"level": "WARNING"},
            "daphne": {"level": "WARNING"},
            "stripe": {"level": "WARNING"},
            # Scanners call every machine by made-up names, all day long.
            "django.security.DisallowedHost": {"filters": ["without_traceback"]},
        },
    }
