"""Which fields of a promotion fit together."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from backend.accounts.models import User
from backend.api import money
from backend.api.errors import InvalidInput
from backend.catalog.models import Category, Product, Variant
from backend.promotions.models import Promotion
from backend.promotions.rules import Kind, Level, Measure
from backend.promotions.stored import require_shape

SELECTIONS = ("target", "bought", "excluded")
_EXISTING: Mapping[str, Callable[[Sequence[int]], Any]] = {
    "products": lambda ids: Product.objects.existing().filter(pk__in=ids),
    "variants": lambda ids: Variant.objects.filter(pk__in=ids),
    "categories": lambda ids: Category.objects.filter(pk__in=ids),
    "sellers": lambda ids: User.objects.filter(pk__in=ids),
}
_HUNDRED = Decimal(100)


def require_valid(row: Promotion, *, before: Mapping[str, Any] | None = None) -> None:
    """Check a promotion before it is stored.

    What a selection has had before may have been deleted since: it selects nothing.

    Raises:
        InvalidInput: fields contradict each other, an amount is too precise for the currency, or a selection
            names something that doesn't exist.
    """
    require_shape({name: getattr(row, name) for name in SELECTIONS}, tiers=row.tiers)
    faults = dict(_faults(row))
    for name in SELECTIONS:
        for kind, ids in getattr(row, name).items():
            if kind in _EXISTING and (
                missing := _missing(kind, ids, known=(before or {}).get(name, {}).get(kind, ()))
            ):
                faults[f"{name}.{kind}"] = f"Not found: {', '.join(map(str, missing))}."
    if faults:
        raise InvalidInput(**faults)
    if row.currency:
        money.require_precise(row.currency, **_amounts(row))


def _faults(row: Promotion) -> list[tuple[str, str]]:
    of_units = row.level == Level.ITEM
    needs_currency = bool(_amounts(row))
    tier_values = [Decimal(value) for _, value in row.tiers]
    values = tier_values or [row.value]
    of_whole_units = row.tier_measure == Measure.UNITS
    thresholds = [Decimal(threshold) for threshold, _ in row.tiers]
    checks: tuple[tuple[str, str, bool], ...] = (
        ("ends_at", "Must be later than starts_at.", bool(row.ends_at and row.ends_at <= row.starts_at)),
        ("ends_at", "A flash sale needs an end.", row.is_flash_sale and row.ends_at is None),
        ("code_required", "A flash sale has no codes.", row.is_flash_sale and row.code_required),
        ("kind", "Only promotions of items can be `buy_get`.", row.kind == Kind.BUY_GET and not of_units),
        ("unit_cap", "Only promotions of items can have one.", row.unit_cap is not None and not of_units),
        ("buy_units", "Needed for `buy_get`.", row.kind == Kind.BUY_GET and not row.buy_units),
        ("get_units", "Needed for `buy_get`.", row.kind == Kind.BUY_GET and not row.get_units),
        ("bought", "Only for `buy_get`.", row.kind != Kind.BUY_GET and any(row.bought.values())),
        ("tiers", "Not for `buy_get`.", row.kind == Kind.BUY_GET and bool(row.tiers)),
        ("tiers", "Thresholds must increase.", thresholds != sorted(set(thresholds))),
        ("tiers", "Thresholds must be whole units.", of_whole_units and _has_fraction(thresholds)),
        (
            "value",
            "A percentage is at most 100.",
            row.kind != Kind.AMOUNT and max([*tier_values, row.value]) > _HUNDRED,
        ),
        ("value", "Must be more than 0.", min(values) <= 0),
        ("value", "Must not be negative.", row.value < 0),
        ("minimum_amount", "Must not be negative.", (row.minimum_amount or 0) < 0),
        ("currency", "Needed for amounts.", needs_currency and not row.currency),
        ("currency", "Only for amounts.", not needs_currency and bool(row.currency)),
        ("unit_cap", f"{row.units_used} units are sold.", _is_below(row.unit_cap, row.units_used)),
        ("use_cap", f"It was used {row.uses} times.", _is_below(row.use_cap, row.uses)),
        ("code_required", "It has codes.", not row.code_required and bool(row.pk) and row.codes.exists()),
    )
    return [(field, message) for field, message, is_wrong in checks if is_wrong]


def _has_fraction(numbers: Sequence[Decimal]) -> bool:
    return any(number % 1 for number in numbers)


def _is_below(cap: int | None, used: int) -> bool:
    return cap is not None and cap < used


def _amounts(row: Promotion) -> dict[str, Decimal]:
    """Return the amounts of money among the fields."""
    found = {}
    if row.kind == Kind.AMOUNT:
        found["value"] = row.value
        found |= {f"tiers.{index}.value": Decimal(value) for index, (_, value) in enumerate(row.tiers)}
    if row.tiers and row.tier_measure == Measure.AMOUNT:
        found |= {f"tiers.{index}.threshold": Decimal(low) for index, (low, _) in enumerate(row.tiers)}
    if row.minimum_amount is not None:
        found["minimum_amount"] = row.minimum_amount
    return found


def _missing(kind: str, ids: Sequence[int], *, known: Sequence[int]) -> list[int]:
    new = sorted(set(ids) - set(known))
    return sorted(set(new) - set(_EXISTING[kind](new).values_list("pk", flat=True)))
