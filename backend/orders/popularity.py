"""Popularity: the units sold of each product."""

from datetime import timedelta

from django.db.models import Case, F, Max, Sum, When

from backend.audit.actors import Actor
from backend.catalog.services import set_popularity
from backend.orders.models import Movement, MovementKind

WINDOW = timedelta(days=90)
SUBTRACTED = (MovementKind.CANCEL, MovementKind.RETURN)


def units_sold() -> dict[int, int]:
    """Return the units sold less those returned, by product id, in the 90 days up to the latest sale.

    The period ends with the latest sale, not today, so that a shop with an imported history has best sellers.
    """
    latest = Movement.objects.filter(kind=MovementKind.SALE).aggregate(at=Max("occurred_at"))["at"]
    if latest is None:
        return {}
    recent = Movement.objects.filter(
        kind__in=[MovementKind.SALE, *SUBTRACTED], occurred_at__gt=latest - WINDOW
    )
    signed = Case(When(kind=MovementKind.SALE, then=F("quantity")), default=-F("quantity"))
    return dict(recent.values_list("product_id").annotate(units=Sum(signed)))


def refresh_popularity(*, by: Actor) -> int:
    """Store the popularity of each product; return how many products changed."""
    return set_popularity(units_sold(), by=by)
