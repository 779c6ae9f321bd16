"""How the personal data in tables that belong to orders are found: through the orders."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from backend.api.personal_data import PersonalRows
from backend.orders.models import Movement, Order


@dataclass(frozen=True, slots=True)
class ByOrder:
    """The owner of rows whose look-up `order` is an order, or the number of one.

    The condition is a list of orders, because one that joins them makes the database read the whole table.
    """

    order: str

    def __call__(self, user_id: int) -> Q:
        """Return the condition that the order is one of the user's."""
        return self.among(Order.objects.filter(user=user_id))

    def among(self, orders: QuerySet[Order]) -> Q:
        """Return the condition that the order is one of these."""
        column = "order_number" if self.order.endswith("order_number") else "pk"
        return Q((f"{self.order}__in", orders.values(column)))


class MovementOwner(ByOrder):
    """The owner of movements, some of which have a customer but no order."""

    def __call__(self, user_id: int) -> Q:
        """Return the condition that the movement's customer is the user, or that its order is the user's."""
        of_customer = Movement.objects.filter(customer=user_id).values("pk")
        of_orders = Movement.objects.filter(self.among(Order.objects.filter(user=user_id))).values("pk")
        return Q(pk__in=of_customer.union(of_orders))


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRows(PersonalRows):
    """The rows of a model that belong to an order, of a user or of a guest."""

    owner: ByOrder

    def of(self, orders: QuerySet[Order]) -> QuerySet[Any]:
        """Return the rows of the orders."""
        return self.model._default_manager.filter(self.owner.among(orders))
