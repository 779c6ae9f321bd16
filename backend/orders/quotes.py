"""Quotes: what the caller's cart costs, shipped to an address by each method that is available."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from backend.addresses.validation import Destination, destination_of
from backend.api.owners import Owner
from backend.carts.contents import Contents, Line
from backend.carts.promoted import PromotedCart, promoted_cart
from backend.inventory.services import shortage
from backend.orders.errors import CartEmpty, ItemsUnavailable
from backend.orders.pricing import PricedLine, Taxed, Totals, tariff


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedLine:
    """A line of the cart with its tax."""

    line: Line
    taxed: Taxed
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CartQuote:
    """What a cart costs at a destination; `methods` has the totals by shipping method, the cheapest first."""

    destination: Destination
    currency: str
    lines: list[QuotedLine]
    methods: list[Totals]
    cart: PromotedCart

    @property
    def discount_amount(self) -> Decimal:
        """What promotions take off the items."""
        return self.cart.contents.discount_amount

    @property
    def prices_include_tax(self) -> bool:
        """Whether the amounts of items and shipping include the tax."""
        return self.methods[0].prices_include_tax

    @property
    def subtotal(self) -> Decimal:
        """The price of the items."""
        return self.methods[0].subtotal


def quote(owner: Owner, *, address: Mapping[str, str], now: datetime) -> CartQuote:
    """Return what the owner's cart costs at present, shipped to the address (4 queries).

    Raises:
        CartEmpty: the cart is empty.
        ItemsUnavailable: a line is no longer for sale, or too few units are available.
        DestinationNotServed: no shipping method ships the cart there.
    """
    cart = promoted_cart(owner, now=now)
    contents = cart.contents
    currency = orderable_currency(contents)
    destination = destination_of(address)
    methods = tariff().offers(
        priced_lines(contents), destination=destination, currency=currency, evaluation=cart.evaluation
    )
    lines = [
        QuotedLine(line=line, taxed=taxed, currency=currency)
        for line, taxed in zip(contents.lines, methods[0].lines, strict=True)
    ]
    return CartQuote(destination=destination, currency=currency, lines=lines, methods=methods, cart=cart)


def orderable_currency(contents: Contents) -> str:
    """Return the currency of a cart that can be ordered.

    Raises:
        CartEmpty: the cart is empty.
        ItemsUnavailable: a line is no longer for sale, or too few units are available.
    """
    if contents.not_orderable:
        raise ItemsUnavailable(items=[_unavailable_item(line) for line in contents.not_orderable])
    if contents.currency is None:
        raise CartEmpty
    return contents.currency


def priced_lines(contents: Contents) -> list[PricedLine]:
    """Return the lines of a cart for the computation of its totals."""
    return [
        PricedLine(
            amount=line.total_price,
            tax_class=line.item.variant.product.tax_class,
            weight_grams=(line.item.variant.weight_grams or 0) * line.item.quantity,
        )
        for line in contents.lines
    ]


def _unavailable_item(line: Line) -> dict[str, object]:
    return {
        "item_id": line.item.pk,
        "problem": line.problem,
        **shortage(line.item.variant, wanted=line.item.quantity),
    }
