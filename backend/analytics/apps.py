"""The warehouse's side of the shop: facts go in, reports come out."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """The warehouse's side of the shop: facts go in, reports come out."""

    name = "backend.analytics"
    label = "analytics"
