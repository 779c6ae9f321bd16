"""What tracking does when something changes elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.accounts.models import ShopperLink
from backend.engines.streams import recent_products
from backend.outbox.subscribers import Change


@dataclass(frozen=True, slots=True)
class RecentProductsFollow:
    """Lets what a guest met last count for the account that the guest turned out to be."""

    name: str = "recent-products"
    topics: frozenset[str] = frozenset({"shopper_linked"})
    quiet_seconds: float = 0
    batch_size: int = 100

    def handle(self, changes: Sequence[Change]) -> None:
        """Add the guests' products to the accounts'. Raises StreamUnavailable."""
        links = ShopperLink.objects.filter(pk__in=[int(change.key) for change in changes])
        for guest, account in links.values_list("anonymous_id", "user__shopper_key"):
            recent_products().add_from(guest, into=account)
