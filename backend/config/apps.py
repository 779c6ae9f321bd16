"""The composition root: the only package that knows every app."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Connects the apps once all of them are loaded."""

    name = "backend.config"

    def ready(self) -> None:
        """Register what upper apps provide to lower ones."""
        from backend.config import wiring  # noqa: PLC0415 - models are loaded only now

        wiring.connect()
