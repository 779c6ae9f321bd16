"""Promotions: what is reduced, for whom, when and by how much."""

from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    """Promotions: what is reduced, for whom, when and by how much."""

    name = "backend.promotions"
    label = "promotions"
