"""The composition root: the only package that may import every app."""

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig

from backend.config.redaction import redact_uncaught_exceptions


class ConfigConfig(AppConfig):
    """Connects the apps once all of them are loaded."""

    name = "backend.config"

    def ready(self) -> None:
        """Register what higher-level apps provide to lower-level ones."""
        from backend.config import telemetry, wiring  # noqa: PLC0415 - needs the loaded models

        redact_uncaught_exceptions()
        wiring.connect()
        telemetry.connect()


class AdminConfig(SimpleAdminConfig):
    """The admin site; the URLs load the apps' pages, which only web processes need."""

    default_site = "backend.config.admin_site.site.ShopAdminSite"
