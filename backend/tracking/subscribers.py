"""Outbox subscribers."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.accounts.models import ShopperLink
from backend.engines.streams import recent_products, recent_searches, session_views
from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic


@dataclass(frozen=True, slots=True)
class GuestRecentProducts:
    """Adds a guest's recent products, searches and views to the account that the guest logs in to."""

    name: str = "recent-products"
    topics: frozenset[Topic] = frozenset({Topic.SHOPPER_LINKED})
    start: Start = Start.OLDEST
    quiet_seconds: float = 0
    batch_size: int = 100

    def handle(self, notices: Sequence[Notice]) -> None:
        """Add the guests' products, searches and views to those of the accounts.

        Raises:
            StreamUnavailable: the stream's server is not available.
        """
        links = ShopperLink.objects.filter(pk__in=[int(notice.key) for notice in notices])
        for guest, account in links.values_list("anonymous_id", "user__shopper_key"):
            recent_products().add_from(guest, into=account)
            recent_searches().add_from(guest, into=account)
            session_views().add_from(guest, into=account)
