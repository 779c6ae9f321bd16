"""The discount and the tax of a movement, which its order item has for all its units.

Both are without tax on them, like a movement's amount: amount + discount is what the units cost at their list
price, and amount + tax is what the customer paid. docs/decisions/order-facts.md says why they are derived and
not stored in the ledger.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Case, F, IntegerField, OuterRef, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from backend.api import money
from backend.orders.models import Movement, MovementKind
from backend.orders.pricing import share

COLUMNS = ("discount", "tax")
_PARTS = (MovementKind.CANCEL, MovementKind.RETURN)
_EARLIER_UNITS = (
    Movement.objects.filter(order_item=OuterRef("order_item"), kind__in=_PARTS, pk__lt=OuterRef("pk"))
    .order_by()
    .values("order_item")
    .annotate(units=Sum("quantity"))
    .values("units")
)
ANNOTATIONS = {
    "earlier_units": Case(
        When(kind__in=_PARTS, order_item__isnull=False, then=Coalesce(Subquery(_EARLIER_UNITS), 0)),
        default=Value(0),
        output_field=IntegerField(),
    ),
    "sold_at_list_price": Coalesce(F("order_item__list_price"), F("order_item__unit_price")),
}


class _Line(NamedTuple):
    """A movement, and the order item of which its units are a part."""

    kind: str
    currency: str
    units: int
    earlier_units: int
    sold_units: int | None
    list_price: Decimal | None
    total_price: Decimal
    tax_rate: Decimal
    tax_amount: Decimal
    prices_include_tax: bool


# Of each field of `_Line`.
SOURCES = (
    "kind",
    "currency",
    "quantity",
    "earlier_units",
    "order_item__quantity",
    "sold_at_list_price",
    "order_item__total_price",
    "order_item__tax_rate",
    "order_item__tax_amount",
    "order__prices_include_tax",
)


def columns(rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Decimal]]:
    """Return the discount and the tax of each movement, whose values are those of `SOURCES`.

    The parts of an item, such as partial returns, add up to exactly its sale. A refund without units, and a
    movement without an order, have none.
    """
    amounts = [_discount_and_tax(_Line(*row)) for row in rows]
    return {name: [row[place] for row in amounts] for place, name in enumerate(COLUMNS)}


def _discount_and_tax(line: _Line) -> tuple[Decimal, Decimal]:
    if line.sold_units is None or line.list_price is None or line.kind == MovementKind.REFUND:
        return Decimal(0), Decimal(0)
    discount = _discount(line, at_list_price=line.list_price * line.sold_units)
    if line.kind == MovementKind.SALE:
        return discount, line.tax_amount
    return (
        _part(discount, line=line, sold_units=line.sold_units),
        _part(line.tax_amount, line=line, sold_units=line.sold_units),
    )


def _discount(line: _Line, *, at_list_price: Decimal) -> Decimal:
    discount = money.rounded(at_list_price, currency=line.currency) - line.total_price
    if not discount or not line.prices_include_tax:
        return discount
    return money.rounded(discount * 100 / (100 + line.tax_rate), currency=line.currency)


def _part(total: Decimal, *, line: _Line, sold_units: int) -> Decimal:
    if not total:
        return total
    return share(total, currency=line.currency, of=sold_units, before=line.earlier_units, units=line.units)
