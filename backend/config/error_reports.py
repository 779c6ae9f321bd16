"""Sends errors to Sentry, or a server with its protocol, without personal data; needs the extra `sentry`.

Only processes with a SENTRY_DSN import this module.
"""

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration

from backend.config.redaction import redact

_OF_REQUEST = ("method",)


def start(*, dsn: str, environment: str) -> None:
    """Report exceptions of requests and tasks, and log lines with the level error."""
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        integrations=[DjangoIntegration(), CeleryIntegration()],
        auto_enabling_integrations=False,
        before_send=_without_personal_data,
        send_default_pii=False,
        # Variables, bodies and breadcrumbs (statements, log lines) contain what customers typed.
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
    )


def _without_personal_data(event: Any, hint: Any) -> Any:
    request = event.get("request", {})
    event["request"] = {name: request[name] for name in _OF_REQUEST if name in request}
    event.pop("user", None)
    return redact(None, "", event)
