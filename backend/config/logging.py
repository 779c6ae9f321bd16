"""One log: JSON lines on standard error, with the request's id on every line."""

import logging
from typing import Any

import structlog

SHARED_PROCESSORS: list[structlog.types.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
# Without the frames' variables, among which are passwords and whole pages of products.
TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
)


class InOneLine(logging.Filter):
    """Leaves out the traceback of what goes wrong at every request while a server is down."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Put the exception's own words into the message; every record passes."""
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            record.msg = f"{record.msg}: {error.__cause__ or error}"
            record.exc_info = None
        return True


def logging_configuration(*, level: str, plain: bool) -> dict[str, Any]:
    """Return Django's LOGGING; `plain` writes lines for a developer's eyes instead of JSON."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED_PROCESSORS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: list[structlog.types.Processor] = (
        [structlog.dev.ConsoleRenderer()] if plain else [TRACEBACKS, structlog.processors.JSONRenderer()]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
                "foreign_pre_chain": SHARED_PROCESSORS,
            }
        },
        "filters": {"in_one_line": {"()": InOneLine}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "elastic_transport": {"level": "WARNING"},
            "django_redis.cache": {"filters": ["in_one_line"]},
            # The request log of django_structlog already says it, with the request's id.
            "django.request": {"level": "ERROR"},
            "django_structlog": {"level": level},
        },
    }
