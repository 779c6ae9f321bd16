"""The process's connections to the stream, the warehouse and the search index."""

from django.apps import AppConfig


class EnginesConfig(AppConfig):
    """The process's connections to the stream, the warehouse and the search index."""

    name = "backend.engines"
    label = "engines"

    def ready(self) -> None:
        """Register the translations of the engines' exceptions."""
        from backend.engines import translation  # noqa: PLC0415 - apps are loaded only now

        translation.register()
