"""Writes the orders and returns of a file."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from backend.accounts.imported import ImportedCustomer, customers_of
from backend.catalog.models import Variant
from backend.importing.orders.row import OrderRow, ReturnRow
from backend.importing.outcomes import Written
from backend.orders.bulk import PastItem, PastMovement, PastOrder, import_movements, import_orders
from backend.orders.models import MovementKind

# SQLite allows 32,766 parameters in a statement.
LOOKUP = 10_000


def variant_ids(skus: Collection[str]) -> dict[str, int]:
    """Return the ids of the variants that exist, by SKU."""
    wanted = sorted(skus)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), LOOKUP):
        rows = Variant.objects.filter(sku__in=wanted[start : start + LOOKUP])
        found.update(rows.values_list("sku", "pk"))
    return found


@dataclass(frozen=True, slots=True)
class OrderWriter:
    """Writes orders and returns of `source`, once each; `variants` are ids by SKU."""

    source: str
    variants: Mapping[str, int]

    def __call__(self, rows: Sequence[OrderRow | ReturnRow]) -> Written:
        """Write orders, their customers, and returns in one transaction."""
        with transaction.atomic():
            references = {row.customer for row in rows if row.customer}
            customers = customers_of(self.source, references=references)
            orders = [self._order(row, customers=customers) for row in rows if isinstance(row, OrderRow)]
            returns = [self._return(row, customers=customers) for row in rows if isinstance(row, ReturnRow)]
            stored = import_orders(orders, source=self.source)
            returned = import_movements(returns, source=self.source)
        return Written(
            counts=Counter(
                {
                    ("orders", "created"): stored.created,
                    ("orders", "unchanged"): stored.unchanged,
                    ("returns", "created"): returned.created,
                    ("returns", "unchanged"): returned.unchanged,
                }
            )
        )

    def _order(self, row: OrderRow, *, customers: Mapping[str, ImportedCustomer]) -> PastOrder:
        customer = customers.get(row.customer)
        return PastOrder(
            reference=row.reference,
            placed_at=row.placed_at,
            currency=row.currency,
            items=[
                PastItem(
                    variant_id=self.variants[line.sku],
                    quantity=line.quantity,
                    unit_price=line.unit_price,
                    shopper_key=customer.shopper_key if customer else None,
                )
                for line in row.lines
            ],
            user_id=customer.id if customer else None,
            charges=row.charges,
            shipping_address={"country": row.country} if row.country else {},
        )

    def _return(self, row: ReturnRow, *, customers: Mapping[str, ImportedCustomer]) -> PastMovement:
        customer = customers.get(row.customer)
        return PastMovement(
            reference=row.reference,
            kind=MovementKind.RETURN,
            variant_id=self.variants[row.sku],
            quantity=row.quantity,
            amount=row.amount,
            currency=row.currency,
            occurred_at=row.occurred_at,
            customer_id=customer.id if customer else None,
            country=row.country,
        )
