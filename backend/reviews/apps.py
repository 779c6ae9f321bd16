"""Reviews of products, and the ratings in them."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Reviews of products, and the ratings in them."""

    name = "backend.reviews"
    label = "reviews"
