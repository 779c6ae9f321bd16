"""Computes the best sellers of each category, from the units of order items.

The result is a function of the orders before the present day and of the listed products, so that computing it
again on the same day changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from django.db.models import Max

from backend.audit.actors import Actor
from backend.catalog.models import Product
from backend.catalog.services import set_best_sellers
from backend.orders.models import Movement, MovementKind
from backend.orders.popularity import units_of

WINDOW = timedelta(days=90)
ONE_IN = 25
"""Of so many listed products of a category, one is a best seller."""


def refresh_best_sellers(*, by: Actor, now: datetime) -> int:
    """Mark the best sellers of each category; return how many products changed."""
    return set_best_sellers(best_sellers(now=now), by=by)


def best_sellers(*, now: datetime) -> list[int]:
    """Return the ids of the best sellers: of each category, the listed products that sold most.

    A category has one for each ONE_IN of its own listed products, and at least one, if it sold any. The units
    are those sold in the 90 days up to the end of the last day with sales before today (UTC), less those that
    were cancelled or returned. Of products with equally many units, the older one comes first.
    """
    products = Product.objects.listed().order_by("pk").values_list("category_id", "pk")
    by_category: dict[int, list[int]] = defaultdict(list)
    for category_id, product_id in products:
        by_category[category_id].append(product_id)
    units = _units_sold(now=now)
    return sorted(found for ids in by_category.values() for found in _best(ids, units=units))


def _best(product_ids: list[int], *, units: Mapping[int, int]) -> Iterable[int]:
    sold = sorted((-units.get(pk, 0), pk) for pk in product_ids if units.get(pk, 0) > 0)
    return [pk for _, pk in sold[: max(1, len(product_ids) // ONE_IN)]]


def _units_sold(*, now: datetime) -> dict[int, int]:
    """Return the units by product id; the period follows the last sale, as that of popularity does."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    before = Movement.objects.filter(occurred_at__lt=today)
    last = before.filter(kind=MovementKind.SALE).aggregate(at=Max("occurred_at"))["at"]
    if last is None:
        return {}
    end = last.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return units_of(before.filter(occurred_at__gte=end - WINDOW, occurred_at__lt=end))
