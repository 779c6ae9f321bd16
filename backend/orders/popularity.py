"""Computes the popularity of products: the units sold recently."""

from datetime import timedelta

from django.db.models import Case, F, Max, QuerySet, Sum, When

from backend.audit.actors import Actor
from backend.catalog.services import set_popularity
from backend.orders.models import Movement, MovementKind

WINDOW = timedelta(days=90)
SUBTRACTED = (MovementKind.CANCEL, MovementKind.RETURN)


def units_sold() -> dict[int, int]:
    """Return the units sold minus those cancelled or returned, by product id.

    The period is the 90 days up to the last sale. It ends with the last sale rather than today, so that a
    shop with an imported history has best sellers.
    """
    latest = Movement.objects.filter(kind=MovementKind.SALE).aggregate(at=Max("occurred_at"))["at"]
    if latest is None:
        return {}
    return units_of(Movement.objects.filter(occurred_at__gt=latest - WINDOW))


def units_of(movements: QuerySet[Movement]) -> dict[int, int]:
    """Return the units of the movements, less those that were cancelled or returned, by product id."""
    of_units = movements.filter(kind__in=[MovementKind.SALE, *SUBTRACTED])
    signed = Case(When(kind=MovementKind.SALE, then=F("quantity")), default=-F("quantity"))
    return dict(of_units.order_by().values_list("product_id").annotate(units=Sum(signed)))


def refresh_popularity(*, by: Actor) -> int:
    """Store the popularity of each product; return how many products changed."""
    return set_popularity(units_sold(), by=by)
