"""Search over HTTP."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Search over HTTP."""

    name = "backend.search"
    label = "search"
