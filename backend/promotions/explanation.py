"""Why an evaluation did or didn't apply a promotion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import TextChoices

from backend.promotions.rules import Rule


class Reason(TextChoices):
    """Why a promotion is not applied."""

    INACTIVE = "inactive", "it is switched off"
    NOT_STARTED = "not_started", "it begins later"
    ENDED = "ended", "it has ended"
    CODE_REQUIRED = "code_required", "its code is not in the cart"
    USED_UP = "used_up", "it, or its code, was used as often as it can be"
    CUSTOMER_LIMIT = "customer_limit", "the customer has used it as often as one customer can"
    SOLD_OUT = "sold_out", "all units that it reduces are sold"
    OTHER_CURRENCY = "other_currency", "it is in another currency"
    NO_MATCHING_ITEMS = "no_matching_items", "no item of the cart is reduced by it"
    MINIMUM_NOT_MET = "minimum_not_met", "the matching items are too few, or cost too little"
    NOTHING_LEFT = "nothing_left", "nothing is left to reduce"
    NOT_STACKABLE_WITH = "not_stackable_with", "another promotion is applied that doesn't go with it"
    LESS_THAN = "less_than", "the other promotions reduce more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A promotion that is not applied; `code` is the code of the cart that belongs to it, if any.

    `missing_amount` or `missing_units` is what is missing to the minimum or the first tier, `other_id` the
    promotion that is applied instead.
    """

    rule: Rule
    reason: Reason
    code: str = ""
    missing_amount: Decimal | None = None
    missing_units: int | None = None
    other_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """A promotion that is applied: amounts and reduced units by variant id.

    A reduction of shipping has no variants, and its amount depends on the price of the shipping method.
    """

    rule: Rule
    code: str = ""
    amounts: Mapping[int, Decimal] = field(default_factory=dict)
    units: Mapping[int, int] = field(default_factory=dict)

    @property
    def amount(self) -> Decimal:
        """What the promotion takes off the items."""
        return sum(self.amounts.values(), Decimal(0))

    @property
    def unit_count(self) -> int:
        """The number of units that it reduces."""
        return sum(self.units.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingReduction:
    """What a promotion takes off the price of shipping."""

    rule: Rule
    code: str = ""
    amount: Decimal
