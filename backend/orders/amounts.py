"""What an order still costs, after cancellations, returns and refunds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Sum

from backend.orders.models import Order, OrderItem, OrderStatus
from backend.orders.pricing import share
from backend.orders.refund_models import GrantedRefund, GrantedRefundLine, RefundKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What an order costs: its items, and `others`, which is shipping and charges with their tax.

    `gross` is the price of each item with its tax, and `goodwill` what was refunded of that, both by item id.
    Goodwill lowers what the item costs, so that a later return of all units refunds only the rest.
    """

    currency: str
    items: Sequence[OrderItem]
    gross: Mapping[int, Decimal]
    others: Decimal
    refunded_shipping: Decimal = Decimal(0)
    goodwill: Mapping[int, Decimal] = field(default_factory=dict)
    is_cancelled: bool = False

    @property
    def due(self) -> Decimal:
        """What the order costs without cancelled and returned units and refunds; 0 if it is cancelled."""
        units = {item.pk: item.quantity - item.cancelled - item.returned for item in self.items}
        return self._cost(units)

    @property
    def due_for_shipped(self) -> Decimal:
        """What the customer owes for the units that were shipped and not returned, with shipping."""
        return self._cost({item.pk: item.shipped - item.returned for item in self.items})

    @property
    def due_for_delivered(self) -> Decimal:
        """What the customer owes for the units that were delivered and not returned, with shipping.

        Units may be returned that were never delivered, such as those of a refused parcel.
        """
        return self._cost({item.pk: min(item.delivered, item.shipped - item.returned) for item in self.items})

    @property
    def shipped_in_total(self) -> Decimal:
        """What all shipped units cost, returned or not, with shipping."""
        lines = (self._price(item, units=item.shipped) for item in self.items)
        return self.others + sum(lines, Decimal(0))

    def left_of(self, item: OrderItem) -> Decimal:
        """Return what the item costs without its cancelled and returned units and its refunds."""
        return self._left(item, units=item.quantity - item.cancelled - item.returned)

    def _cost(self, units: Mapping[int, int]) -> Decimal:
        if self.is_cancelled:
            return Decimal(0)
        lines = (self._left(item, units=units[item.pk]) for item in self.items)
        return max(Decimal(0), self.others - self.refunded_shipping + sum(lines, Decimal(0)))

    def _left(self, item: OrderItem, *, units: int) -> Decimal:
        return max(Decimal(0), self._price(item, units=units) - self.goodwill.get(item.pk, Decimal(0)))

    def _price(self, item: OrderItem, *, units: int) -> Decimal:
        """Return the price of `units` of the item.

        It is the item's price less the share of its other units, so that both add up to the item's price.
        """
        gross = self.gross[item.pk]
        others = share(gross, currency=self.currency, of=item.quantity, before=0, units=item.quantity - units)
        return gross - others


def costs_of(order: Order) -> Costs:
    """Return what the order costs at present (3 queries)."""
    items = list(order.items.all())
    gross = {item.pk: gross_of(item, order=order) for item in items}
    shipping = order.granted_refunds.filter(kind=RefundKind.SHIPPING).values_list("amount", flat=True).first()
    return Costs(
        currency=order.currency,
        items=items,
        gross=gross,
        others=order.total_amount - sum(gross.values(), Decimal(0)),
        refunded_shipping=shipping or Decimal(0),
        goodwill=goodwill_of(order),
        is_cancelled=order.status == OrderStatus.CANCELLED,
    )


def goodwill_of(order: Order) -> dict[int, Decimal]:
    """Return what was refunded of the items' prices as goodwill, by item id."""
    refunds = GrantedRefund.objects.filter(order=order, kind=RefundKind.GOODWILL)
    lines = GrantedRefundLine.objects.filter(refund__in=refunds).order_by()
    return dict(lines.values_list("item").annotate(total=Sum("amount")))


def gross_of(item: OrderItem, *, order: Order) -> Decimal:
    """Return what the line costs, with its tax."""
    return item.total_price if order.prices_include_tax else item.total_price + item.tax_amount
