"""The composition root: the only place that knows every room."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Connects the rooms once all of them are loaded."""

    name = "backend.config"

    def ready(self) -> None:
        """Register what upper rooms offer to lower ones."""
        from backend.config import wiring  # noqa: PLC0415 - models are loaded only now

        wiring.connect()
