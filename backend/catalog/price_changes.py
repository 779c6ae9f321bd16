"""The history of prices, and the lowest price of the 30 days before a reduction.

Every writer of prices calls `price_changed` in its transaction: it is the only function that adds a
PriceChange. docs/decisions/prices.md says what counts as a reduction.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from backend.catalog.models import PriceChange, Variant
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic

WINDOW = timedelta(days=30)


class Prices(NamedTuple):
    """The prices of a variant: before the discount, and as it is sold."""

    currency: str
    list_price: Decimal
    sale_price: Decimal

    @property
    def is_reduced(self) -> bool:
        """Whether a shopper sees a list price above the price."""
        return self.sale_price < self.list_price


class Step(NamedTuple):
    """What a PriceChange says about the price before it: until when it was in force, and how much it was."""

    changed_at: datetime
    currency: str
    old_price: Decimal | None


def prices_of(variants: Iterable[Variant]) -> dict[int, Prices]:
    """Return the prices of the stored variants, by id, to be compared with those after a change."""
    return {variant.pk: _prices(variant) for variant in variants if not variant._state.adding}


def _prices(variant: Variant) -> Prices:
    return Prices(variant.product.currency, variant.list_price, variant.sale_price)


def price_changed(before: Mapping[int, Prices], variants: Iterable[Variant], *, now: datetime) -> None:
    """Record and publish the changes of prices since `before`, and set the variants' `lowest_price_30_days`.

    The variants are locked, and the caller saves them in the same transaction. Variants that are not in
    `before` are new, and have no price to compare with.
    """
    changed = [
        variant for variant in variants if before.get(variant.pk, _prices(variant)) != _prices(variant)
    ]
    _set_lowest(changed, before=before, now=now)
    rows = [
        PriceChange(
            variant=variant,
            currency=new.currency,
            old_price=old.sale_price if old.currency == new.currency else None,
            new_price=new.sale_price,
            list_price=new.list_price,
            promotion_id=_promotion_id(variant),
            changed_at=now,
        )
        for variant in changed
        for old, new in [(before[variant.pk], _prices(variant))]
        if (old.currency, old.sale_price) != (new.currency, new.sale_price)
    ]
    publish_many(Topic.PRICE_CHANGED, [row.pk for row in PriceChange.objects.bulk_create(rows)])


def _promotion_id(variant: Variant) -> int | None:
    promoted_by = variant.promoted_by
    return promoted_by["id"] if promoted_by and variant.sale_price == variant.reduced_price else None


def _set_lowest(variants: Sequence[Variant], *, before: Mapping[int, Prices], now: datetime) -> None:
    reduced = [variant for variant in variants if _prices(variant).is_reduced]
    history = _history([variant.pk for variant in reduced], now=now)
    for variant in variants:
        variant.lowest_price_30_days = None
    for variant in reduced:
        last = before[variant.pk]
        variant.lowest_price_30_days = lowest_price(
            [*history[variant.pk], Step(now, last.currency, last.sale_price)],
            currency=variant.product.currency,
            announced_at=now,
        )


def _history(variant_ids: Sequence[int], *, now: datetime) -> Mapping[int, list[Step]]:
    found: dict[int, list[Step]] = defaultdict(list)
    if variant_ids:
        rows = PriceChange.objects.filter(variant__in=variant_ids, changed_at__gt=now - WINDOW).order_by("id")
        for variant_id, *step in rows.values_list("variant_id", *Step._fields):
            found[variant_id].append(Step(*step))
    return found


def lowest_price(steps: Sequence[Step], *, currency: str, announced_at: datetime) -> Decimal | None:
    """Return the lowest price in `currency` that was in force in the 30 days before `announced_at`.

    The 30 days include their first moment, and not `announced_at`. `steps` are in the order of time; the last
    one ends the price that the reduction replaces. A price that was replaced at the moment at which it began
    was never in force. None if there was no price in this currency.
    """
    begin = announced_at - WINDOW
    began_at = [None, *(step.changed_at for step in steps[:-1])]
    prices = [
        step.old_price
        for step, since in zip(steps, began_at, strict=True)
        if step.changed_at > begin
        and step.changed_at != since
        and step.currency == currency
        and step.old_price is not None
    ]
    return min(prices, default=None)
