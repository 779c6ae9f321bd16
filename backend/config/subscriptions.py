"""Who hears which outbox topic."""

from backend.analytics.connections import migrated
from backend.analytics.subscribers import OrderFacts, Products, ShopperLinks
from backend.outbox.subscribers import Subscriber


def subscribers() -> list[Subscriber]:
    """Return everyone who hears the outbox now; index generations come and go."""
    target = migrated()
    return [OrderFacts(target), Products(target), ShopperLinks(target)]
