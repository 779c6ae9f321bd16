"""Orders, and the movements of units and money from which revenue is computed."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, and the movements of units and money from which revenue is computed."""

    name = "backend.orders"
    label = "orders"

    def ready(self) -> None:
        """Let the owners of orders see their payments."""
        from backend.orders.access import owns_order  # noqa: PLC0415 - needs the models
        from backend.payments.access import register_owner_check  # noqa: PLC0415

        register_owner_check(owns_order)
