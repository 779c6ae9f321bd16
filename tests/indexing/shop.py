"""A generation to search in: it is filled, waited for and searched."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from indexing.document import ProductDocument
from indexing.engine import DeleteDocument, PutDocument, SearchEngine
from indexing.filters import Filters
from indexing.page import SearchPage
from indexing.request import SearchRequest
from tests.indexing.builders import NOW

DEADLINE_SECONDS = 5.0


def eventually(condition: Callable[[], bool]) -> None:
    """Return once `condition` holds; fail after five seconds."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "the condition did not hold in time"
        time.sleep(0.02)


@dataclass(frozen=True)
class Shop:
    """One generation that serves."""

    engine: SearchEngine
    generation: str

    @classmethod
    def opened(cls, engine: SearchEngine, *products: ProductDocument) -> Self:
        """Return a shop in which searches find `products`."""
        generation = engine.create(now=NOW)
        engine.swap(generation.name)
        shop = cls(engine, generation.name)
        shop.sells(*products)
        return shop

    def sells(self, *products: ProductDocument, version: int = 1) -> None:
        """Write `products` and wait until searches find them."""
        self.engine.write(self.generation, [PutDocument(each, version) for each in products], now=NOW)
        self.settle(*products)

    def settle(self, *products: ProductDocument) -> None:
        """Wait until searches find these products unchanged."""
        wanted = {each.id: each for each in products}
        eventually(lambda: wanted.items() <= self.seen().items())

    def seen(self) -> dict[int, ProductDocument]:
        """Return the products that an empty query finds, by id."""
        page = self.engine.search(SearchRequest(page_size=500, facets=False))
        return {hit.product.id: hit.product for hit in page.hits}

    def delete(self, product_id: int, *, version: int) -> None:
        """Delete a product and wait until no search finds it."""
        self.engine.write(self.generation, [DeleteDocument(product_id, version)], now=NOW)
        eventually(lambda: product_id not in self.seen())

    def page(self, text: str = "", **asked: Any) -> SearchPage:
        """Search; keywords that a request does not have are filters."""
        parts = {name: asked.pop(name) for name in ("sort", "page", "page_size", "facets") if name in asked}
        return self.engine.search(SearchRequest(text=text, filters=Filters(**asked), **parts))

    def ids(self, text: str = "", **asked: Any) -> list[int]:
        """Search and return the products found, in order."""
        return ids_of(self.page(text, **asked))

    def titles(self, text: str = "", **asked: Any) -> list[str]:
        """Search and return the titles found, in order."""
        return [hit.product.title for hit in self.page(text, **asked).hits]


def ids_of(page: SearchPage) -> list[int]:
    """Return the products of a page, in order."""
    return [hit.product.id for hit in page.hits]
