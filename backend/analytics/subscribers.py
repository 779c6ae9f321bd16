"""Subscribers that write order facts, cart items, logins, products, ratings and shopper links.

Each subscriber reads the current rows and writes them completely. If a row is written twice, also by two
processes at once, the copy that was read last replaces the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from analytics_pipeline import ingest, shopper_links
from analytics_pipeline.warehouse import microseconds
from backend.accounts.models import Session
from backend.analytics import cart_events, projections, session_events
from backend.analytics.facts import write_facts
from backend.carts.models import CartItem
from backend.engines.warehouse import Migrated
from backend.inventory.models import AvailabilityChange
from backend.orders.models import Movement
from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """Writes the movements of changed orders, and movements that belong to no order."""

    target: Migrated
    name: str = "order-facts"
    topics: frozenset[Topic] = frozenset({Topic.ORDER, Topic.MOVEMENT})
    start: Start = Start.OLDEST
    quiet_seconds: float = 0
    # At 26 lines an order, this is about 25,000 movements in one call.
    batch_size: int = 1_000

    def handle(self, notices: Sequence[Notice]) -> None:
        """Write the movements as order facts, and the sales among them also as events.

        A movement that the warehouse refuses is stored with the reason (`manage.py refused_facts` lists
        them).
        """
        wanted = Q(order__in=_keys(notices, Topic.ORDER)) | Q(pk__in=_keys(notices, Topic.MOVEMENT))
        write_facts(self.target.warehouse(), Movement.objects.filter(wanted), clock=timezone.now)


@dataclass(frozen=True, slots=True)
class Availability:
    """Writes when variants became available and when they were sold out."""

    target: Migrated
    name: str = "availability"
    topics: frozenset[Topic] = frozenset({Topic.AVAILABILITY})
    start: Start = Start.OLDEST
    quiet_seconds: float = 0
    batch_size: int = 5_000

    def handle(self, notices: Sequence[Notice]) -> None:
        """Write the changes."""
        # The version is drawn before the rows are read, so that of two writers the later reader's is higher.
        version = microseconds(timezone.now())
        changes = AvailabilityChange.objects.filter(pk__in=_keys(notices, Topic.AVAILABILITY))
        columns = projections.availability_changes(changes, version=version)
        self.target.warehouse().insert("availability_changes", columns)


@dataclass(frozen=True, slots=True)
class Products:
    """Writes changed products."""

    target: Migrated
    name: str = "warehouse-products"
    topics: frozenset[Topic] = frozenset({Topic.PRODUCT})
    start: Start = Start.OLDEST
    quiet_seconds: float = 1
    batch_size: int = 5_000

    def handle(self, notices: Sequence[Notice]) -> None:
        """Write the current state of the products."""
        version = microseconds(timezone.now())
        columns = projections.products(_keys(notices, Topic.PRODUCT), version=version)
        self.target.warehouse().insert("products", columns)


@dataclass(frozen=True, slots=True)
class ShopperLinks:
    """Writes links from guests to the accounts that they logged in to."""

    target: Migrated
    name: str = "shopper-links"
    topics: frozenset[Topic] = frozenset({Topic.SHOPPER_LINKED})
    start: Start = Start.OLDEST
    quiet_seconds: float = 0
    batch_size: int = 5_000

    def handle(self, notices: Sequence[Notice]) -> None:
        """Write the links."""
        columns = projections.shopper_links(_keys(notices, Topic.SHOPPER_LINKED))
        shopper_links.store(self.target.warehouse(), columns)


@dataclass(frozen=True, slots=True)
class CartItems:
    """Writes the items that were added to carts, as events."""

    target: Migrated
    name: str = "cart-items"
    topics: frozenset[Topic] = frozenset({Topic.CART_ITEM})
    start: Start = Start.OLDEST
    quiet_seconds: float = 0
    batch_size: int = 5_000

    def handle(self, notices: Sequence[Notice]) -> None:
        """Write the items that are still in a cart; one that was ordered meanwhile is an order fact."""
        items = CartItem.objects.filter(pk__in=_keys(notices, Topic.CART_ITEM))
        ingest.load(self.target.warehouse(), cart_events.of_items(items, read_at=timezone.now()))


@dataclass(frozen=True, slots=True)
class Logins:
    """Writes logins and logouts, as events."""

    target: Migrated
    name: str = "logins"
    topics: frozenset[Topic] = frozenset({Topic.SESSION})
    start: Start = Start.OLDEST
    quiet_seconds: float = 0
    batch_size: int = 5_000

    def handle(self, notices: Sequence[Notice]) -> None:
        """Write the login of each session, and its logout if there was one."""
        sessions = Session.objects.filter(pk__in=[UUID(notice.key) for notice in notices])
        ingest.load(self.target.warehouse(), session_events.of_sessions(sessions, read_at=timezone.now()))


@dataclass(frozen=True, slots=True)
class Ratings:
    """Writes the ratings of changed reviews."""

    target: Migrated
    name: str = "ratings"
    topics: frozenset[Topic] = frozenset({Topic.REVIEW})
    start: Start = Start.OLDEST
    quiet_seconds: float = 0
    batch_size: int = 5_000

    def handle(self, notices: Sequence[Notice]) -> None:
        """Write the present rating of each review, also of one that is gone."""
        # The version is drawn before the rows are read, so that of two writers the later reader's is higher.
        version = microseconds(timezone.now())
        columns = projections.product_ratings(_keys(notices, Topic.REVIEW), version=version)
        self.target.warehouse().insert("product_ratings", columns)


def _keys(notices: Sequence[Notice], topic: Topic) -> list[int]:
    return [int(notice.key) for notice in notices if notice.topic is topic]
