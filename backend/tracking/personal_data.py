"""A shopper's last products in the stream's server."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from backend.accounts.shopper_keys import ShopperKeys, shopper_keys_of
from backend.engines.streams import recent_products, tombstones


class RecentProductsData:
    """The products that a shopper interacted with last."""

    name = "tracking"

    def export(self, user_id: int) -> Iterator[tuple[str, Iterable[Mapping[str, Any]]]]:
        """Yield the products of each of the user's keys, the last first.

        Raises:
            StreamUnavailable: the stream's server is not available.
        """
        yield (
            "recent_products",
            [
                {"shopper_key": key, "product_id": product}
                for key in shopper_keys_of(user_id).all
                for product in recent_products().of(key)
            ],
        )

    def erase(self, user_id: int, *, now: datetime) -> dict[str, int]:
        """Do nothing: `StreamStore` erases the products after the commit."""
        return {}


class StreamStore:
    """The stream's server."""

    name = "stream"

    def erase(self, keys: ShopperKeys, *, now: datetime) -> None:
        """Let late events of the shopper be dropped, and forget the last products.

        Raises:
            StreamUnavailable: the stream's server is not available.
        """
        tombstones().add(keys.all, now=now)
        for key in keys.all:
            recent_products().forget(key)
