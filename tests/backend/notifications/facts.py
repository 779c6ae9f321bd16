"""Facts as inventory publishes them, handed to the subscriber."""

from backend.accounts.models import User
from backend.catalog.models import Variant
from backend.inventory.models import BackInStock, StockAlert, StockLevel
from backend.notifications.models import Delivery
from backend.notifications.subscribers import Deliveries
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from tests.backend import shop
from tests.backend.notifications.conftest import Clock
from tests.backend.shop import NOW


def alert(variant: Variant, *, available: int = 0) -> Notice:
    """Return the notice of a new alert: the variant is low or sold out."""
    row = StockAlert.objects.create(
        variant=variant,
        level=StockLevel.LOW if available else StockLevel.OUT,
        previous_level=StockLevel.SUFFICIENT,
        available=available,
        threshold=5,
        created_at=NOW,
    )
    return Notice(Topic.STOCK_ALERT, str(row.pk))


def back_in_stock(user: User, variant: Variant) -> Notice:
    """Return the notice that a variant is available for a subscriber."""
    row = BackInStock.objects.create(user=user, variant=variant, subscribed_at=NOW, created_at=NOW)
    return Notice(Topic.BACK_IN_STOCK, str(row.pk))


def handle(*notices: Notice, clock: Clock) -> None:
    Deliveries(clock=clock).handle(notices)


def a_due_delivery(clock: Clock, *, email: str = "ann@shop.example") -> Delivery:
    """Return a delivery of one alert to a new seller, whose time to collect has passed."""
    seller = shop.seller(email=email)
    handle(alert(shop.variant(sold_by=seller)), clock=clock)
    clock.pass_(seconds=61)
    return Delivery.objects.get(recipient=seller)
