"""Which ids are those of products, as this process has found them in the database.

Clients send ids with their events, also invented ones. A process asks the database for those it doesn't know
yet, so a product counts as soon as it is created, and soon no request needs a query.
"""

import threading
import time
from collections.abc import Callable, Collection

import structlog
from django.db import Error, connection

from backend.api.fields import LARGEST_ID
from backend.catalog.models import Product

logger = structlog.get_logger(__name__)

REMEMBERED = 200_000
"""How many ids a process remembers (about 12 MB); beyond that it begins again."""
PAUSE_SECONDS = 2.0
"""How long a process doesn't ask the database after it failed."""


class KnownProducts:
    """Remembers ids of products. Deleted ones stay known to processes that knew them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Know no product yet."""
        self._clock = clock
        self._lock = threading.Lock()
        self._known: set[int] = set()
        self._ask_from = -float("inf")

    def among(self, ids: Collection[int]) -> set[int]:
        """Return the ids that are products; all of them if the database fails."""
        # One set for the whole call, because another thread may begin a new one.
        known = self._known
        new = {product for product in ids if product not in known}
        if not new:
            return set(ids)
        if self._clock() < self._ask_from:
            return set(ids)
        try:
            found = _existing(new)
        except Error as error:
            # Drivers raise InterfaceError, which is no DatabaseError, for connections that were closed.
            logger.warning("products_not_checked", reason=str(error))
            connection.close_if_unusable_or_obsolete()
            self._ask_from = self._clock() + PAUSE_SECONDS
            return set(ids)
        with self._lock:
            if len(self._known) + len(found) > REMEMBERED:
                self._known = set()
            self._known |= found
        return {product for product in ids if product not in new or product in found}

    def forget(self) -> None:
        """Ask the database again for every id."""
        with self._lock:
            self._known = set()
            self._ask_from = -float("inf")


def _existing(ids: Collection[int]) -> set[int]:
    possible = [product for product in ids if product <= LARGEST_ID]
    return set(Product.objects.existing().filter(pk__in=possible).values_list("pk", flat=True))


KNOWN_PRODUCTS = KnownProducts()
