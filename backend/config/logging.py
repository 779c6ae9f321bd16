"""Configures logging: JSON lines on standard error, with the request's id on every line.

No line has personal data or secrets, whichever package logs it (backend/config/redaction.py).
"""

from typing import Any

import structlog

from backend.config.redaction import redact

SHARED_PROCESSORS: list[structlog.types.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
# Local variables are left out, because they can contain passwords and are long.
TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
)


def logging_configuration(*, level: str, plain: bool) -> dict[str, Any]:
    """Return Django's LOGGING; `plain` writes text instead of JSON, for a developer's terminal."""
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
        [structlog.processors.ExceptionRenderer(), redact, structlog.dev.ConsoleRenderer()]
        if plain
        else [TRACEBACKS, redact, structlog.processors.JSONRenderer()]
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
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "elastic_transport": {"level": "WARNING"},
            # If it has a handler, it formats each request and reply as text, even if debug messages aren't
            # logged.
            "elastic_transport.node": {"propagate": False},
            # The request log has the same information, with the request's id.
            "django.request": {"level": "ERROR"},
            "django_structlog": {"level": level},
        },
    }
