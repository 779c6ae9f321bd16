"""The conditions of a promotion: its own state, and what is in the cart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from math import ceil

from backend.api import money
from backend.promotions.explanation import Reason, Refusal
from backend.promotions.rules import Code, Customer, Kind, Line, Measure, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """The lines of a cart with what they cost, in minor units of the currency."""

    currency: str
    costs: Sequence[tuple[Line, int]]

    @classmethod
    def of(cls, lines: Iterable[Line], *, currency: str) -> "Cart":
        """Return a cart in which nothing is reduced.

        Raises:
            ValueError: a unit's price has more decimal places than the currency, or two lines have a variant.
        """
        cart, lines = cls(currency=currency, costs=()), list(lines)
        for line in lines:
            if not money.is_precise(line.unit_price, currency=currency):
                raise ValueError(f"{line.unit_price} is not an amount in {currency}")
        if len({line.variant_id for line in lines}) < len(lines):
            raise ValueError("two lines have one variant")
        return cart.at([(line, cart.minor(line.unit_price) * line.quantity) for line in lines])

    def at(self, costs: Sequence[tuple[Line, int]]) -> "Cart":
        """Return the cart at other costs."""
        return replace(self, costs=costs)

    def minor(self, amount: Decimal) -> int:
        """Return an amount in minor units."""
        return int(amount / money.quantum(self.currency))

    def major(self, cost: int) -> Decimal:
        """Return minor units as an amount."""
        return cost * money.quantum(self.currency)

    def cost_for(self, rule: Rule) -> int:
        """Return what the items cost that the rule is about."""
        return sum(cost for line, cost in self.costs if _is_about(rule, line))

    def units_for(self, rule: Rule) -> int:
        """Return the units of the items that the rule is about."""
        return sum(line.quantity for line, _ in self.costs if _is_about(rule, line))


def _is_about(rule: Rule, line: Line) -> bool:
    return rule.reduces(line) or (not rule.bought.is_empty and rule.counts_as_bought(line))


def refused_by_state(
    rule: Rule, *, code: Code | None, customer: Customer, currency: str, now: datetime
) -> Refusal | None:
    """Return why the rule doesn't apply, whatever is in the cart; None if it may apply."""
    reason = _reason(rule, code=code, customer=customer, currency=currency, now=now)
    return None if reason is None else Refusal(rule=rule, reason=reason, code=code.code if code else "")


def _reason(
    rule: Rule, *, code: Code | None, customer: Customer, currency: str, now: datetime
) -> Reason | None:
    of_customer = customer.uses.get(rule.id, 0)
    checks = (
        (Reason.INACTIVE, not rule.is_active),
        (Reason.NOT_STARTED, now < rule.starts_at),
        (Reason.ENDED, rule.ends_at is not None and now >= rule.ends_at),
        (Reason.CODE_REQUIRED, rule.code_required and code is None),
        (Reason.USED_UP, rule.code_required and code is not None and code.is_used_up),
        (Reason.USED_UP, rule.use_cap is not None and rule.uses >= rule.use_cap),
        (Reason.CUSTOMER_LIMIT, rule.customer_use_cap is not None and of_customer >= rule.customer_use_cap),
        (Reason.SOLD_OUT, rule.units_left == 0),
        (Reason.OTHER_CURRENCY, rule.currency not in ("", currency)),
    )
    return next((reason for reason, is_true in checks if is_true), None)


def refused_by_cart(rule: Rule, *, code: str, cart: Cart) -> Refusal | None:
    """Return why the cart, as the rule's level sees it, doesn't meet the rule's conditions, or None."""
    if not any(rule.reduces(line) for line, _ in cart.costs):
        return Refusal(rule=rule, code=code, reason=Reason.NO_MATCHING_ITEMS)
    amount, units = cart.major(cart.cost_for(rule)), cart.units_for(rule)
    needed_amount, needed_units = rule.minimum_amount or Decimal(0), rule.minimum_units or 0
    if rule.tiers and rule.tier_measure == Measure.UNITS:
        needed_units = max(needed_units, ceil(rule.tiers[0].threshold))
    elif rule.tiers:
        needed_amount = max(needed_amount, rule.tiers[0].threshold)
    if rule.kind == Kind.BUY_GET and rule.bought.is_empty:
        needed_units = max(needed_units, rule.buy_units + 1)
    if missing := _missing_bought_units(rule, cart=cart):
        return Refusal(rule=rule, code=code, reason=Reason.MINIMUM_NOT_MET, missing_units=missing)
    if amount >= needed_amount and units >= needed_units:
        return None
    return Refusal(
        rule=rule,
        code=code,
        reason=Reason.MINIMUM_NOT_MET,
        missing_amount=needed_amount - amount if amount < needed_amount else None,
        missing_units=needed_units - units if units < needed_units else None,
    )


def _missing_bought_units(rule: Rule, *, cart: Cart) -> int:
    if rule.kind != Kind.BUY_GET or rule.bought.is_empty:
        return 0
    bought = sum(line.quantity for line, _ in cart.costs if rule.counts_as_bought(line))
    return max(0, rule.buy_units - bought)


def value_for(rule: Rule, *, cart: Cart) -> Decimal:
    """Return the rule's value, or that of the highest tier that the cart reaches."""
    if not rule.tiers:
        return rule.value
    by_units = rule.tier_measure == Measure.UNITS
    reached = Decimal(cart.units_for(rule)) if by_units else cart.major(cart.cost_for(rule))
    return max(tier for tier in rule.tiers if tier.threshold <= reached).value
