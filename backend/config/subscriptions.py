"""Who hears which outbox topic."""

from django.utils import timezone

from backend.analytics.subscribers import OrderFacts, Products, ShopperLinks
from backend.catalog.subscribers import CategoryFanOut
from backend.engines.index import engine
from backend.engines.warehouse import migrated
from backend.outbox.subscribers import Subscriber
from backend.search.rebuilding import index_subscribers
from backend.tracking.subscribers import RecentProductsFollow


def subscribers() -> list[Subscriber]:
    """Return everyone who hears the outbox now; index generations come and go."""
    target = migrated()
    return [
        CategoryFanOut(),
        *index_subscribers(engine(), clock=timezone.now),
        OrderFacts(target),
        Products(target),
        ShopperLinks(target),
        RecentProductsFollow(),
    ]
