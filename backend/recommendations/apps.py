"""What suits a shopper or goes with a product."""

from django.apps import AppConfig


class RecommendationsConfig(AppConfig):
    """What suits a shopper or goes with a product."""

    name = "backend.recommendations"
    label = "recommendations"
