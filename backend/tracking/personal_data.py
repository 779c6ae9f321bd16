"""A shopper's last products, searches and views in the stream's server."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from backend.accounts.shopper_keys import ShopperKeys, shopper_keys_of
from backend.engines.streams import recent_products, recent_searches, session_views, tombstones


class RecentData:
    """The products that a shopper interacted with last, the last searches, and the session's views."""

    name = "tracking"

    def export(self, user_id: int) -> Iterator[tuple[str, Iterable[Mapping[str, Any]]]]:
        """Yield the products and the searches of each of the user's keys, the last first, and the views.

        Raises:
            StreamUnavailable: the stream's server is not available.
        """
        keys = shopper_keys_of(user_id).all
        yield (
            "recent_products",
            [
                {"shopper_key": key, "product_id": product}
                for key in keys
                for product in recent_products().of(key)
            ],
        )
        yield (
            "recent_searches",
            [
                {"shopper_key": key, "text": each.text, "searched_at": each.searched_at}
                for key in keys
                for each in recent_searches().of(key)
            ],
        )

        yield (
            "session_views",
            [
                {"shopper_key": key, "product_id": product}
                for key in keys
                for product in session_views().of(key)
            ],
        )

    def erase(self, user_id: int, *, now: datetime) -> dict[str, int]:
        """Do nothing: `StreamStore` erases them after the commit."""
        return {}


class StreamStore:
    """The stream's server."""

    name = "stream"

    def erase(self, keys: ShopperKeys, *, now: datetime) -> None:
        """Let late events of the shopper be dropped, and forget the last products, searches and views.

        Raises:
            StreamUnavailable: the stream's server is not available.
        """
        tombstones().add(keys.all, now=now)
        for key in keys.all:
            recent_products().forget(key)
            recent_searches().forget(key)
            session_views().forget(key)
