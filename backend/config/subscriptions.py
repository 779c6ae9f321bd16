"""The outbox's subscribers."""

from django.utils import timezone

from backend.analytics.subscribers import OrderFacts, Products, ShopperLinks
from backend.catalog.subscribers import CategoryFanOut
from backend.engines.index import engine
from backend.engines.warehouse import migrated
from backend.outbox.subscribers import Subscriber
from backend.search.rebuilding import index_subscribers
from backend.tracking.subscribers import GuestRecentProducts


def subscribers() -> list[Subscriber]:
    """Return the current subscribers, which depend on the generations of the index."""
    target = migrated()
    return [
        CategoryFanOut(),
        *index_subscribers(engine(), clock=timezone.now),
        OrderFacts(target),
        Products(target),
        ShopperLinks(target),
        GuestRecentProducts(),
    ]
