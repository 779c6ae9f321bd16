"""Switches error reports and traces on where a setting names their receiver.

Their packages are imported only then.
"""

from importlib.util import find_spec

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

TRACING = "backend.config.tracing.TracingMiddleware"
_NEEDED = {
    "SENTRY_DSN": ("sentry_sdk", 'pip install "sentry-sdk~=2.75"'),
    "OTEL_EXPORTER_OTLP_ENDPOINT": (
        "opentelemetry",
        'pip install "opentelemetry-sdk~=1.45" "opentelemetry-exporter-otlp-proto-http~=1.45"',
    ),
}


def connect() -> None:
    """Start error reports if they are configured.

    Raises:
        ImproperlyConfigured: a package that a setting needs is not installed; names the command.
    """
    for name, (package, install) in _NEEDED.items():
        if getattr(settings, name) and find_spec(package) is None:
            raise ImproperlyConfigured(f"{name} needs a package: {install}")
    if settings.SENTRY_DSN:
        from backend.config import error_reports  # noqa: PLC0415 - most shops don't use it

        error_reports.start(dsn=settings.SENTRY_DSN, environment=settings.ENVIRONMENT)


def middleware(others: list[str], *, endpoint: str) -> list[str]:
    """Return the middleware, with that of traces around the others if an endpoint receives them."""
    return [TRACING, *others] if endpoint else others
