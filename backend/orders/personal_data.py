"""The personal data of orders and their payments. The orders stay, without the customer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from backend.accounts.shopper_keys import shopper_keys_of
from backend.api.personal_data import PersonalTables
from backend.orders.models import Movement, Order, OrderItem
from backend.orders.personal_fulfilment import FULFILMENT_TABLES
from backend.orders.personal_orders import ITEM_TABLES, NO_CLAIM, ORDER_TABLE
from backend.orders.personal_payments import PAYMENT_TABLES
from backend.orders.personal_rows import OrderRows
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic


@dataclass(frozen=True, slots=True)
class OrderData(PersonalTables):
    """The tables of orders; what is derived from them is written again after they were emptied."""

    tables: Sequence[OrderRows] = ()

    def erase(self, user_id: int, *, now: datetime) -> dict[str, int]:
        """Empty the personal columns, and publish the changed orders and movements."""
        keys = shopper_keys_of(user_id).all
        orders = _ids_of(Order.objects.filter(user=user_id))
        # Returns without a known order, which only imports add.
        without_order = _ids_of(Movement.objects.filter(customer=user_id, order=None))
        counts = {table.section: table.erase(user_id) for table in self.tables}
        publish_many(Topic.ORDER, orders)
        publish_many(Topic.MOVEMENT, without_order)
        _empty_claims(keys)
        return counts

    def erase_guest(self, orders: QuerySet[Order], *, keys: Collection[UUID]) -> dict[str, int]:
        """Empty the personal columns of orders of a guest with these keys, and publish the changed orders."""
        counts = {table.section: table.erase_rows(table.of(orders)) for table in self.tables}
        publish_many(Topic.ORDER, _ids_of(orders))
        _empty_claims(keys)
        return counts


def _ids_of(rows: QuerySet[Order] | QuerySet[Movement]) -> list[int]:
    return list(rows.values_list("pk", flat=True))


def _empty_claims(keys: Collection[UUID]) -> None:
    """Empty the keys in orders of guests and of other users of the same browser, and publish these."""
    movements = Movement.objects.filter(shopper_key__in=keys)
    without_order = _ids_of(movements.filter(order=None))
    orders = set(movements.exclude(order=None).values_list("order_id", flat=True))
    movements.update(**NO_CLAIM)
    OrderItem.objects.filter(shopper_key__in=keys).update(**NO_CLAIM)
    publish_many(Topic.ORDER, sorted(filter(None, orders)))
    publish_many(Topic.MOVEMENT, without_order)


PERSONAL_DATA = OrderData("orders", (*ITEM_TABLES, *FULFILMENT_TABLES, *PAYMENT_TABLES, ORDER_TABLE))
