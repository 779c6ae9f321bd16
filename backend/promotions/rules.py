"""The values that an evaluation reads: lines of a cart, promotions as rules, codes and the customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import TextChoices

from backend.catalog.models import PATH_SEPARATOR


class Level(TextChoices):
    """What a promotion reduces. The levels are evaluated in this order; each sees what is left."""

    ITEM = "item", "units of matching items"
    ORDER = "order", "all matching items together"
    SHIPPING = "shipping", "shipping"


class Kind(TextChoices):
    """How a promotion reduces: by percent, by an amount, or some of the units by percent."""

    PERCENTAGE = "percentage", "a percentage"
    AMOUNT = "amount", "an amount"
    BUY_GET = "buy_get", "buy some units, get others reduced"


class Measure(TextChoices):
    """What the thresholds of tiers count."""

    UNITS = "units", "units"
    AMOUNT = "amount", "amount"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The units of one variant in a cart, at the seller's price of a unit."""

    variant_id: int
    product_id: int
    category_path: str
    brand: str
    seller_id: int
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Some products: those that have one of the ids, categories (with their subtrees), brands or sellers."""

    products: frozenset[int] = frozenset()
    variants: frozenset[int] = frozenset()
    category_paths: tuple[str, ...] = ()
    brands: frozenset[str] = frozenset()
    sellers: frozenset[int] = frozenset()
    is_empty: bool = True

    def has(self, line: Line) -> bool:
        """Return whether the line's variant is selected."""
        return (
            line.product_id in self.products
            or line.variant_id in self.variants
            or line.seller_id in self.sellers
            or line.brand.casefold() in self.brands
            or any(_is_within(line.category_path, path) for path in self.category_paths)
        )


def _is_within(path: str, ancestor: str) -> bool:
    return path == ancestor or path.startswith(ancestor + PATH_SEPARATOR)


@dataclass(frozen=True, slots=True, order=True)
class Tier:
    """The value of a promotion from a threshold on."""

    threshold: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A promotion, as an evaluation reads it.

    `value` is a percentage or an amount in `currency`: of each unit at the level of items, in total at the
    others. With `tiers`, the highest threshold that is reached replaces it. `target` is what is reduced,
    everything if it is empty; `excluded` never is. For BUY_GET, of each `buy_units` + `get_units` units the
    latter are reduced; with a selection `bought`, only its units count as bought.
    """

    id: int
    name: str = ""
    level: Level
    kind: Kind
    value: Decimal = Decimal(0)
    currency: str = ""
    tiers: tuple[Tier, ...] = ()
    tier_measure: Measure = Measure.UNITS
    buy_units: int = 0
    get_units: int = 0
    target: Selection = field(default_factory=Selection)
    bought: Selection = field(default_factory=Selection)
    excluded: Selection = field(default_factory=Selection)
    code_required: bool = False
    priority: int = 0
    stackable: bool = True
    exclusive: bool = False
    starts_at: datetime
    ends_at: datetime | None = None
    is_active: bool = True
    is_flash_sale: bool = False
    unit_cap: int | None = None
    units_used: int = 0
    use_cap: int | None = None
    uses: int = 0
    customer_use_cap: int | None = None
    minimum_amount: Decimal | None = None
    minimum_units: int | None = None

    @property
    def units_left(self) -> int | None:
        """The units that can still be reduced; None without a cap."""
        return None if self.unit_cap is None else max(0, self.unit_cap - self.units_used)

    def reduces(self, line: Line) -> bool:
        """Return whether units of the line can be reduced."""
        return (self.target.is_empty or self.target.has(line)) and not self.excluded.has(line)

    def counts_as_bought(self, line: Line) -> bool:
        """Return whether units of the line count as bought, for a rule with a selection `bought`."""
        return self.bought.has(line) and not self.excluded.has(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code that is in the cart, and the promotion that it belongs to; without `max_uses` it has no cap."""

    code: str
    rule_id: int
    max_uses: int | None = None
    uses: int = 0

    @property
    def is_used_up(self) -> bool:
        """Whether the code can't be used again."""
        return self.max_uses is not None and self.uses >= self.max_uses


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """What an evaluation knows about the customer: how often each promotion was used, by its id."""

    uses: Mapping[int, int] = field(default_factory=dict)


NOBODY = Customer()
