"""Shows staff what all promotions would do to a cart, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from backend.api import money
from backend.api.errors import InvalidInput
from backend.catalog.errors import VariantNotFound
from backend.promotions.codes import normalised
from backend.promotions.customers import use_owner
from backend.promotions.evaluation import Evaluation, evaluate
from backend.promotions.explanation import ShippingReduction
from backend.promotions.lines import lines_of
from backend.promotions.models import CustomerUse, PromotionCode
from backend.promotions.rules import Code, Customer, Line
from backend.promotions.selectors import all_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedLine:
    """A line with what it costs before and after reductions."""

    line: Line
    discount_amount: Decimal
    currency: str

    @property
    def variant_id(self) -> int:
        """The variant."""
        return self.line.variant_id

    @property
    def quantity(self) -> int:
        """The units."""
        return self.line.quantity

    @property
    def unit_price(self) -> Decimal:
        """The seller's price of a unit."""
        return self.line.unit_price

    @property
    def total_price(self) -> Decimal:
        """What the line costs."""
        return self.unit_price * self.quantity - self.discount_amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What promotions would do to a cart."""

    lines: Sequence[PreviewedLine]
    evaluation: Evaluation
    shipping_reductions: Sequence[ShippingReduction]
    currency: str

    @property
    def subtotal(self) -> Decimal:
        """What the items cost."""
        return sum((line.total_price for line in self.lines), Decimal(0))


def preview(
    units: Mapping[int, int],
    *,
    codes: Sequence[str] = (),
    shipping_price: Decimal = Decimal(0),
    user_id: int | None = None,
    email: str = "",
    now: datetime,
) -> Preview:
    """Return what all promotions would do to these units, by variant id, with these codes.

    Raises:
        VariantNotFound: there is no such variant.
        InvalidInput: the variants have several currencies, or the price of shipping is too precise for it.
    """
    lines, variants = lines_of(units)
    if missing := sorted(units.keys() - {line.variant_id for line in lines}):
        raise VariantNotFound(variant_id=missing[0])
    currencies = sorted({variant.product.currency for variant in variants})
    if len(currencies) > 1:
        raise InvalidInput(items=f"The items have several currencies: {', '.join(currencies)}.")
    money.require_precise(currencies[0], shipping_price=shipping_price)
    evaluation = evaluate(
        lines,
        rules=all_rules(),
        codes=_codes(codes),
        customer=Customer(uses=_uses(use_owner(user_id=user_id, email=email))),
        currency=currencies[0],
        now=now,
    )
    return Preview(
        lines=[
            PreviewedLine(
                line=line,
                discount_amount=evaluation.discounts.get(line.variant_id, Decimal(0)),
                currency=currencies[0],
            )
            for line in lines
        ],
        evaluation=evaluation,
        shipping_reductions=evaluation.shipping(shipping_price),
        currency=currencies[0],
    )


def _codes(texts: Sequence[str]) -> dict[str, Code | None]:
    wanted: dict[str, Code | None] = {normalised(text): None for text in texts}
    for row in PromotionCode.objects.filter(code__in=wanted):
        wanted[row.code] = Code(code=row.code, rule_id=row.promotion_id, max_uses=row.max_uses, uses=row.uses)
    return wanted


def _uses(owner: str) -> dict[int, int]:
    if not owner:
        return {}
    return dict(CustomerUse.objects.filter(owner=owner).values_list("promotion_id", "uses"))
