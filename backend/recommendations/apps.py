"""The recommendations app."""

from django.apps import AppConfig


class RecommendationsConfig(AppConfig):
    """The recommendations app."""

    name = "backend.recommendations"
    label = "recommendations"
