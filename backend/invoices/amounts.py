"""Computes the lines of invoices and credit notes from an order's rows; all amounts are those of the order.

An invoice covers the sales of an order, a credit note what was cancelled, returned or refunded at one time.
So the invoice has the order's total, and the credit notes add up to what the order costs less
(`backend.orders.amounts.Costs.due`).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from backend.api import money
from backend.invoices.models import InvoiceKind
from backend.orders.amounts import gross_of
from backend.orders.models import AdjustmentKind, Movement, MovementKind, Order, OrderItem
from backend.orders.pricing import share
from backend.orders.refund_models import GrantedRefundLine, RefundKind

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An amount of a document, as the customer sees it, and without and with tax.

    `item` and `quantity` are those of goods. `tax_rate` is None where the rate is not known.
    """

    amount: Decimal
    net: Decimal
    tax: Decimal
    tax_rate: Decimal | None
    description: str = ""
    item: OrderItem | None = None
    quantity: int = 0

    @property
    def gross(self) -> Decimal:
        """The amount with tax."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxSum:
    """The sums of the lines with one rate."""

    tax_rate: Decimal | None
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A document without a number: `goods` are lines of items, `extras` shipping, charges and the like."""

    kind: InvoiceKind
    order: Order
    movements: Sequence[Movement]
    goods: Sequence[Line]
    extras: Sequence[Line]

    @property
    def lines(self) -> list[Line]:
        """All lines."""
        return [*self.goods, *self.extras]

    @property
    def net(self) -> Decimal:
        """The sum without tax."""
        return sum((line.net for line in self.lines), ZERO)

    @property
    def tax(self) -> Decimal:
        """The tax."""
        return sum((line.tax for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        """The sum with tax."""
        return self.net + self.tax

    @property
    def occurred_at(self) -> datetime:
        """When the sale, cancellation, return or refund occurred."""
        return self.movements[0].occurred_at

    def taxes(self) -> list[TaxSum]:
        """Return the sums by rate, the highest rate first and the unknown rate last."""
        by_rate: dict[Decimal | None, list[Line]] = defaultdict(list)
        for line in self.lines:
            by_rate[line.tax_rate].append(line)
        rates = sorted(by_rate, key=lambda rate: -1 if rate is None else rate, reverse=True)
        return [
            TaxSum(
                tax_rate=rate,
                net=sum((line.net for line in by_rate[rate]), ZERO),
                tax=sum((line.tax for line in by_rate[rate]), ZERO),
            )
            for rate in rates
        ]


def drafts_of(order: Order, *, movements: Sequence[Movement], covered: frozenset[int]) -> Iterator[Draft]:
    """Yield the documents that the order lacks, oldest first.

    `movements` are all movements of the order, sorted by primary key; `covered` has the keys of those that a
    document covers already. Each document covers the sales, or the other movements of one kind and one time.
    """
    taken = _Taken(order=order, items={item.pk: item for item in order.items.all()})
    groups = groupby(movements, key=lambda row: (row.pk in covered, row.kind, row.occurred_at))
    for (is_covered, kind, _), group in groups:
        rows = list(group)
        if kind == MovementKind.SALE:
            goods = [_sold(order, item) for item in taken.items.values()]
            draft = Draft(
                kind=InvoiceKind.INVOICE, order=order, movements=rows, goods=goods, extras=extras_of(order)
            )
        else:
            draft = taken.credit_note(rows)
        if not is_covered:
            yield draft


def _sold(order: Order, item: OrderItem) -> Line:
    gross = gross_of(item, order=order)
    return Line(
        item=item,
        quantity=item.quantity,
        amount=item.total_price,
        net=item.net,
        tax=gross - item.net,
        tax_rate=item.tax_rate,
    )


@dataclass(slots=True)
class _Goodwill:
    """What was refunded of an item's price, and how much of that later credit notes have deducted."""

    amount: Decimal = ZERO
    tax: Decimal = ZERO
    used: Decimal = ZERO

    def use(self, amount: Decimal, *, currency: str) -> Decimal:
        """Deduct another part, and return the tax in it."""
        before = self._tax_in(self.used, currency=currency)
        self.used += amount
        return self._tax_in(self.used, currency=currency) - before

    def _tax_in(self, part: Decimal, *, currency: str) -> Decimal:
        return money.rounded(self.tax * part / self.amount, currency=currency)


@dataclass(slots=True, kw_only=True)
class _Taken:
    """What of an order was cancelled, returned and refunded by the movements so far."""

    order: Order
    items: dict[int, OrderItem]
    units: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    cancelled: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    goodwill: dict[int, _Goodwill] = field(default_factory=lambda: defaultdict(_Goodwill))
    refunded_shipping: list[Line] = field(default_factory=list)

    def credit_note(self, movements: Sequence[Movement]) -> Draft:
        """Return the credit note for movements of one kind, and add them to what was taken back."""
        goods, extras = [], []
        for row in movements:
            if row.kind == MovementKind.REFUND:
                extras.append(self._refund(row))
            else:
                goods.append(self._line(row))
                extras += self._refunded_before(row)
        if movements[0].kind == MovementKind.CANCEL and self._is_cancelled():
            extras += extras_of(self.order)
            extras += [_reversed(line) for line in self.refunded_shipping]
        return Draft(
            kind=InvoiceKind.CREDIT_NOTE, order=self.order, movements=movements, goods=goods, extras=extras
        )

    def _line(self, movement: Movement) -> Line:
        item = self.items[movement.order_item_id or 0]
        gross = share(
            gross_of(item, order=self.order),
            currency=self.order.currency,
            of=item.quantity,
            before=self.units[item.pk],
            units=movement.quantity,
        )
        self.units[item.pk] += movement.quantity
        if movement.kind == MovementKind.CANCEL:
            self.cancelled[item.pk] += movement.quantity
        return Line(
            item=item,
            quantity=movement.quantity,
            amount=gross if self.order.prices_include_tax else movement.amount,
            net=movement.amount,
            tax=gross - movement.amount,
            tax_rate=item.tax_rate,
        )

    def _refunded_before(self, movement: Movement) -> list[Line]:
        """Return the deduction for what was refunded of the units' price before they came back."""
        item = self.items[movement.order_item_id or 0]
        goodwill, currency = self.goodwill[item.pk], self.order.currency
        gross = gross_of(item, order=self.order)
        left = gross - share(gross, currency=currency, of=item.quantity, before=0, units=self.units[item.pk])
        amount = max(ZERO, goodwill.amount - goodwill.used - left)
        if not amount:
            return []
        tax = goodwill.use(amount, currency=currency)
        return [_reversed(self._extra("", amount=amount, tax=tax, tax_rate=item.tax_rate))]

    def _refund(self, movement: Movement) -> Line:
        line: GrantedRefundLine = movement.refund_line
        item = self.items[line.item_id]
        if line.refund.kind == RefundKind.SHIPPING:
            rates = [row.tax_rate for row in _shipping(self.order)]
            refund = self._extra(
                "Refund of shipping",
                amount=line.amount,
                tax=line.tax_amount,
                tax_rate=rates[0] if rates else None,
            )
            self.refunded_shipping.append(refund)
            return refund
        self.goodwill[item.pk].amount += line.amount
        self.goodwill[item.pk].tax += line.tax_amount
        return self._extra("Refund", amount=line.amount, tax=line.tax_amount, tax_rate=item.tax_rate)

    def _extra(self, description: str, *, amount: Decimal, tax: Decimal, tax_rate: Decimal | None) -> Line:
        net = amount - tax
        return Line(
            description=description,
            amount=amount if self.order.prices_include_tax else net,
            net=net,
            tax=tax,
            tax_rate=tax_rate,
        )

    def _is_cancelled(self) -> bool:
        return all(self.cancelled[pk] == item.quantity for pk, item in self.items.items())


def _reversed(line: Line) -> Line:
    """Return the line that deducts a refund from a later credit note."""
    return replace(line, description="Refunded before", amount=-line.amount, net=-line.net, tax=-line.tax)


def extras_of(order: Order) -> list[Line]:
    """Return the lines of an order other than its items, so that all lines add up to its total."""
    items = order.items.all()
    shipping = _shipping(order)
    taxes = sum((line.tax for line in (*shipping, *(_sold(order, item) for item in items))), ZERO)
    lines = [
        *shipping,
        *_charges(order),
        _plain("Adjustment", order.subtotal - sum((item.total_price for item in items), ZERO)),
        _tax_of_the_order(order, tax=order.tax_amount - taxes),
    ]
    return [line for line in lines if line.amount or line.tax]


def _shipping(order: Order) -> list[Line]:
    adjustments = list(order.adjustments.all())
    rows = [row for row in adjustments if row.kind == AdjustmentKind.SHIPPING]
    # There is one method; its tax is on what promotions left of its price.
    off = sum(
        (row.amount for row in adjustments if row.kind == AdjustmentKind.PROMOTION and row.item_id is None),
        ZERO,
    )
    lines = [
        Line(
            description=f"Shipping: {row.description}" if row.description else "Shipping",
            amount=row.amount + off,
            net=row.amount + off - (row.tax_amount if order.prices_include_tax else ZERO),
            tax=row.tax_amount,
            tax_rate=row.tax_rate,
        )
        for row in rows
    ]
    rest = order.shipping_cost - sum((line.amount for line in lines), ZERO)
    return [*lines, _plain("Shipping", rest)] if rest else lines


def _charges(order: Order) -> list[Line]:
    lines = [
        _plain(str(line["description"] or line["code"]), Decimal(line["amount"]))
        for line in order.charge_lines
    ]
    return [*lines, _plain("Charges", order.charges - sum((line.amount for line in lines), ZERO))]


def _plain(description: str, amount: Decimal) -> Line:
    """Return a line without tax."""
    return Line(description=description, amount=amount, net=amount, tax=ZERO, tax_rate=ZERO)


def _tax_of_the_order(order: Order, *, tax: Decimal) -> Line:
    """Return a line for tax that no other line has, as in orders of earlier releases."""
    net = -tax if order.prices_include_tax else ZERO
    return Line(description="Tax on the order", amount=ZERO, net=net, tax=tax, tax_rate=None)
