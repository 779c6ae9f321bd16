"""Messages to users: what is sent to whom, rendering, channels, and the log of deliveries."""

from django.apps import AppConfig
from django.core.checks import register

from backend.api.commands import CONFIGURATION


class NotificationsConfig(AppConfig):
    """Messages to users: what is sent to whom, rendering, channels, and the log of deliveries."""

    name = "backend.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Register the checks of the settings."""
        from backend.notifications import checks  # noqa: PLC0415 - apps are loaded only now

        register(checks.check_sms_body, CONFIGURATION)
        register(checks.check_codes_can_be_sent, deploy=True)
