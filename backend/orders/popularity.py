"""How much each product sells, for those who sort by it."""

from datetime import timedelta

from django.db.models import Case, F, Max, Sum, When

from backend.audit.actors import Actor
from backend.catalog.services import set_popularity
from backend.orders.models import Movement, MovementKind

WINDOW = timedelta(days=90)
TAKEN_BACK = (MovementKind.CANCEL, MovementKind.RETURN)


def units_sold() -> dict[int, int]:
    """Return the units sold, less those taken back, by product id over the last 90 days of trade.

    The days are counted back from the latest sale, not from today: a shop that was taken over from another
    has its best sellers on its first day.
    """
    latest = Movement.objects.filter(kind=MovementKind.SALE).aggregate(at=Max("occurred_at"))["at"]
    if latest is None:
        return {}
    recent = Movement.objects.filter(
        kind__in=[MovementKind.SALE, *TAKEN_BACK], occurred_at__gt=latest - WINDOW
    )
    signed = Case(When(kind=MovementKind.SALE, then=F("quantity")), default=-F("quantity"))
    return dict(recent.values_list("product_id").annotate(units=Sum(signed)))


def refresh_popularity(*, by: Actor) -> int:
    """Store what each product sells now; return how many products that changed."""
    return set_popularity(units_sold(), by=by)
