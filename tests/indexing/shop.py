"""A serving generation, with methods to fill and search it."""

from dataclasses import dataclass, fields
from typing import Any, Self

from indexing.document import ProductDocument
from indexing.engine import DeleteDocument, PutDocument, SearchEngine
from indexing.facets import NO_FACETS
from indexing.filters import Filters
from indexing.lexicon.refreshing import refresh
from indexing.page import SearchPage
from indexing.request import SearchRequest
from tests.indexing.builders import NOW
from tests.services.waiting import wait_until


@dataclass(frozen=True)
class Shop:
    """A generation that serves."""

    engine: SearchEngine
    generation: str

    @classmethod
    def opened(cls, engine: SearchEngine, *products: ProductDocument) -> Self:
        """Create a generation in which searches find `products`."""
        generation = engine.create(now=NOW)
        engine.swap(generation.name)
        shop = cls(engine, generation.name)
        shop.put(*products)
        return shop

    def put(self, *products: ProductDocument, version: int = 1) -> None:
        """Write `products` and wait until searches find them."""
        self.engine.write(self.generation, [PutDocument(each, version) for each in products], now=NOW)
        self.wait_for(*products)

    def learn(self) -> None:
        """Build the lexicon of the products."""
        refresh(self.engine, self.generation)

    def wait_for(self, *products: ProductDocument) -> None:
        """Wait until searches find these products unchanged."""
        expected = {each.id: each for each in products}
        wait_until(lambda: expected.items() <= self.visible().items(), what="searches find the products")

    def visible(self) -> dict[int, ProductDocument]:
        """Return the products that an empty query finds, by id."""
        page = self.engine.search(SearchRequest(page_size=500, facets=NO_FACETS))
        return {hit.product.id: hit.product for hit in page.hits}

    def delete(self, product_id: int, *, version: int) -> None:
        """Delete a product and wait until no search finds it."""
        self.engine.write(self.generation, [DeleteDocument(product_id, version)], now=NOW)
        wait_until(lambda: product_id not in self.visible())

    def page(self, text: str = "", **options: Any) -> SearchPage:
        """Search; options are fields of the request, or filters."""
        names = {field.name for field in fields(SearchRequest)} - {"text", "filters"}
        request = {name: options.pop(name) for name in names.intersection(options)}
        return self.engine.search(SearchRequest(text=text, filters=Filters(**options), **request))

    def ids(self, text: str = "", **options: Any) -> list[int]:
        """Search and return the ids found, in order."""
        return ids_of(self.page(text, **options))

    def titles(self, text: str = "", **options: Any) -> list[str]:
        """Search and return the titles found, in order."""
        return [hit.product.title for hit in self.page(text, **options).hits]


def ids_of(page: SearchPage) -> list[int]:
    """Return the product ids of a page, in order."""
    return [hit.product.id for hit in page.hits]
