"""Orders, and the movements of units and money from which revenue is computed."""

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from rest_framework.request import Request


class OrdersConfig(AppConfig):
    """Orders, and the movements of units and money from which revenue is computed."""

    name = "backend.orders"
    label = "orders"

    def ready(self) -> None:
        """Let the owners of orders see their payments."""
        from backend.payments.access import register_owner_check  # noqa: PLC0415 - needs the models

        register_owner_check(_owns_order)


def _owns_order(request: "Request", order_number: str) -> bool:
    # Imports the serializers of Django REST framework, which processes without views don't need.
    from backend.orders.access import owns_order  # noqa: PLC0415

    return owns_order(request, order_number)
