"""The pages of orders in Django's admin, by model."""

from backend.orders.admin import movements, orders, returns, shipments

__all__ = ["movements", "orders", "returns", "shipments"]
