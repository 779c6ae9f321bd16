"""The lines of a cart at current prices, and whether each can be ordered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import TextChoices

from backend.carts.models import CartItem
from backend.catalog.pricing import seller_price


class Problem(TextChoices):
    """Why a line can't be ordered."""

    NOT_FOR_SALE = "not_for_sale", "no longer for sale"
    INSUFFICIENT_STOCK = "insufficient_stock", "too few units available"
    OTHER_CURRENCY = "other_currency", "priced in another currency than the cart"


@dataclass(frozen=True, slots=True)
class Line:
    """A cart item at its current price; `problem` is None if it can be ordered.

    `discount_amount` is what promotions take off the line.
    """

    item: CartItem
    problem: Problem | None
    discount_amount: Decimal = Decimal(0)

    @property
    def unit_price(self) -> Decimal:
        """The current price of one unit, before promotions."""
        return seller_price(self.item.variant)

    @property
    def previous_unit_price(self) -> Decimal | None:
        """The price when the shopper added the units, if it is another one now."""
        price = self.item.price_when_added
        return None if price == self.unit_price else price

    @property
    def total_price(self) -> Decimal:
        """The current price of all units, less what promotions take off."""
        return self.unit_price * self.item.quantity - self.discount_amount


@dataclass(frozen=True, slots=True)
class Contents:
    """The lines of a cart, oldest first; units and subtotal cover the lines that can be ordered."""

    lines: tuple[Line, ...]
    currency: str | None

    @property
    def orderable(self) -> list[Line]:
        """The lines that can be ordered."""
        return [line for line in self.lines if line.problem is None]

    @property
    def not_orderable(self) -> list[Line]:
        """The lines that can't be ordered."""
        return [line for line in self.lines if line.problem is not None]

    @property
    def units(self) -> int:
        """The number of units that can be ordered."""
        return sum(line.item.quantity for line in self.orderable)

    @property
    def discount_amount(self) -> Decimal:
        """What promotions take off these units."""
        return sum((line.discount_amount for line in self.orderable), Decimal(0))

    @property
    def subtotal(self) -> Decimal:
        """The price of these units, before tax and shipping."""
        return sum((line.total_price for line in self.orderable), Decimal(0))


def reduced(contents: Contents, *, discounts: Mapping[int, Decimal]) -> Contents:
    """Return the contents with what promotions take off the lines, by variant id."""
    if not discounts:
        return contents
    lines = tuple(
        replace(line, discount_amount=discounts.get(line.item.variant_id, Decimal(0)))
        if line.problem is None
        else line
        for line in contents.lines
    )
    return replace(contents, lines=lines)


def contents_of(items: Sequence[CartItem]) -> Contents:
    """Return the contents of a cart with `items`, whose variants and products are loaded.

    The currency of a cart is that of its first item that is for sale.
    """
    currency = next((item.variant.product.currency for item in items if _is_for_sale(item)), None)
    lines = tuple(Line(item, _problem_of(item, currency=currency)) for item in items)
    return Contents(lines=lines, currency=currency)


def _is_for_sale(item: CartItem) -> bool:
    return item.variant.is_active and item.variant.product.is_listed


def _problem_of(item: CartItem, *, currency: str | None) -> Problem | None:
    if not _is_for_sale(item):
        return Problem.NOT_FOR_SALE
    if item.variant.product.currency != currency:
        return Problem.OTHER_CURRENCY
    if item.variant.available < item.quantity:
        return Problem.INSUFFICIENT_STOCK
    return None
