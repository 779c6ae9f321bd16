"""Build the suggestion dictionary from the catalogue and from statistics of queries, and store it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import structlog

from analytics_pipeline.warehouse import WarehouseRefused, WarehouseUnavailable
from backend.catalog.models import PATH_SEPARATOR, Category, Product
from backend.engines.warehouse import Migrated
from backend.outbox.selectors import newest
from backend.outbox.topics import Topic
from backend.search.models import StoredSuggestions
from backend.search.suggestions.loading import CACHE
from backend.search.suggestions.queries import query_statistics, that_find_products
from indexing.engine import SearchEngine
from indexing.suggestions.building import MAX_PRODUCTS, CatalogueProduct, build
from indexing.suggestions.statistics import QueryStatistic

QUERIES_EVERY = timedelta(hours=1)
SHARE_OF_TIME = 20
"""A dictionary is built again at the earliest after this many times the processor time that it took."""
_ROW = 1
_ROWS_AT_ONCE = 2_000

logger = structlog.get_logger(__name__)


def refresh_if_due(engine: SearchEngine, warehouse: Migrated, *, now: datetime) -> bool:
    """Build the dictionary if products have changed or queries are due; return whether it was built."""
    stored = StoredSuggestions.objects.defer("dictionary", "queries").filter(pk=_ROW).first()
    if stored is not None:
        if now < stored.built_at + timedelta(seconds=stored.seconds * SHARE_OF_TIME):
            return False
        if stored.catalogue == newest_change() and not _queries_are_due(stored, now=now):
            return False
    refresh(engine, warehouse, now=now)
    return True


def refresh(engine: SearchEngine, warehouse: Migrated | None, *, now: datetime) -> StoredSuggestions:
    """Build the dictionary and store it.

    Without a warehouse, or if it is away, the statistics that it returned last are used.
    """
    begun, catalogue = time.process_time(), newest_change()
    stored = StoredSuggestions.objects.defer("dictionary").filter(pk=_ROW).first()
    queries, queries_at = _queries(stored, warehouse, now=now)
    dictionary = build(listed_products(), queries=that_find_products(queries, engine))
    row, _ = StoredSuggestions.objects.update_or_create(
        pk=_ROW,
        defaults={
            "dictionary": dictionary.encoded(),
            "version": uuid4(),
            "built_at": now,
            "seconds": time.process_time() - begun,
            "catalogue": catalogue,
            "queries": [list(each) for each in queries],
            "queries_at": queries_at,
        },
    )
    CACHE.forget()
    logger.info("suggestions_built", words=len(dictionary.words), seconds=round(row.seconds, 2))
    return row


def newest_change() -> str:
    """Return the position of the newest message about a product."""
    position = newest({Topic.PRODUCT})
    return "" if position is None else f"{position.xid}-{position.message_id}"


def _queries_are_due(stored: StoredSuggestions, *, now: datetime) -> bool:
    return stored.queries_at is None or now >= stored.queries_at + QUERIES_EVERY


def _queries(
    stored: StoredSuggestions | None, warehouse: Migrated | None, *, now: datetime
) -> tuple[Sequence[QueryStatistic], datetime | None]:
    """Return the statistics of queries, and when the warehouse was read."""
    known = [QueryStatistic(*each) for each in stored.queries] if stored else []
    queries_at = stored.queries_at if stored else None
    if warehouse is None or (stored is not None and not _queries_are_due(stored, now=now)):
        return known, queries_at
    try:
        return query_statistics(warehouse.warehouse(), now=now), now
    except (WarehouseUnavailable, WarehouseRefused) as error:
        logger.warning("query_statistics_not_read", reason=str(error))
        # Asked again with the next change of a product, not at every check.
        return known, now if stored is None else queries_at


def listed_products() -> Iterator[CatalogueProduct]:
    """Yield the listed products, best sellers first."""
    names = Category.objects.values_list("path", "name", "slug")
    categories = {path: (name, slug) for path, name, slug in names}
    rows = (
        Product.objects.listed().order_by("-popularity", "pk").values_list("title", "brand", "category__path")
    )
    for title, brand, path in rows[:MAX_PRODUCTS].iterator(chunk_size=_ROWS_AT_ONCE):
        yield CatalogueProduct(title, brand or "", tuple(_ancestors(path or "", categories)))


def _ancestors(path: str, categories: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str]]:
    names = path.split(PATH_SEPARATOR)
    for depth in range(1, len(names) + 1):
        if found := categories.get(PATH_SEPARATOR.join(names[:depth])):
            yield found
