"""Evaluates the default search with relevance judgments on a separate catalogue."""

import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from indexing.document import CategoryReference, ProductDocument, VariantDocument
from indexing.engine import PutDocument, SearchEngine
from indexing.facets import NO_FACETS
from indexing.lexicon.refreshing import refresh
from indexing.ranking import DEFAULT_RANKING, RankingOptions
from indexing.request import SearchRequest
from indexing.settings import SearchSettings, open_engine
from ml.ranking.relevance import RECALL_DEPTH, Grades, RelevanceReport, evaluate

BATCH = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PATH_SEPARATOR = ">"


def evaluate_search(
    products: Sequence[ProductDocument],
    judgments: Mapping[str, Grades],
    *,
    settings: SearchSettings,
    progress: Callable[[int], object] = lambda count: None,
) -> RelevanceReport:
    """Index `products` in a separate index, search for every judged query, and return the metrics.

    The engine is that of `settings`; the shop's index is not used.
    """
    with indexed_separately(products, settings=settings, progress=progress) as engine:
        return evaluate(judgments, lambda query: found_for(query, engine=engine))


@contextmanager
def indexed_separately(
    products: Sequence[ProductDocument],
    *,
    settings: SearchSettings,
    progress: Callable[[int], object] = lambda count: None,
) -> Iterator[SearchEngine]:
    """Yield an engine whose index has these products only; the index is deleted after the block."""
    with _separate_engine(settings) as engine:
        _index(engine, products, progress=progress)
        yield engine


def found_for(query: str, *, engine: SearchEngine, ranking: RankingOptions = DEFAULT_RANKING) -> list[int]:
    """Return the best RECALL_DEPTH products for `query`."""
    request = SearchRequest(text=query, page_size=RECALL_DEPTH, facets=NO_FACETS, ranking=ranking)
    return [hit.product.id for hit in engine.search(request).hits]


def bare_product(
    product_id: int,
    *,
    title: str,
    description: str = "",
    brand: str = "",
    category: str = "",
    popularity: int = 0,
) -> ProductDocument:
    """Return a product with what judgments depend on; its price and stock are those of all others.

    `category` is a path such as "Home > Lamps".
    """
    variant = VariantDocument(
        id=product_id, name="", sku=str(product_id), price=Decimal(1), sale_price=Decimal(1), available=1
    )
    return ProductDocument(
        id=product_id,
        title=title,
        slug=str(product_id),
        description=description,
        brand=brand,
        categories=_categories(category),
        seller_id=0,
        price=Decimal(1),
        sale_price=Decimal(1),
        currency="XXX",
        discount_percentage=Decimal(0),
        flash_sale=False,
        best_seller_product=False,
        featured_product=False,
        rating_average=None,
        rating_count=0,
        popularity=popularity,
        attributes={},
        image_urls=(),
        variants=(variant,),
        created_at=EPOCH,
        updated_at=EPOCH,
    )


def _categories(path: str) -> tuple[CategoryReference, ...]:
    names = [name.strip() for name in path.split(PATH_SEPARATOR) if name.strip()]
    paths = [" > ".join(names[: depth + 1]) for depth in range(len(names))]
    return tuple(
        CategoryReference(id=depth, name=name, slug=path, path=path)
        for depth, (name, path) in enumerate(zip(names, paths, strict=True))
    )


@contextmanager
def _separate_engine(settings: SearchSettings) -> Iterator[SearchEngine]:
    """Yield an engine without generations; delete the generations that are created in the block."""
    with tempfile.TemporaryDirectory() as folder:
        prefix = f"{settings.prefix}-evaluation-{secrets.token_hex(4)}"
        engine = open_engine(replace(settings, home=Path(folder), prefix=prefix))
        try:
            yield engine
        finally:
            engine.destroy()
            engine.close()


def _index(
    engine: SearchEngine, products: Sequence[ProductDocument], *, progress: Callable[[int], object]
) -> None:
    # The name of an index has the time, and an engine lists its indices by their names.
    generation = engine.create(now=datetime.now(UTC)).name
    for start in range(0, len(products), BATCH):
        batch = products[start : start + BATCH]
        engine.write(generation, [PutDocument(product, 1) for product in batch], now=EPOCH)
        progress(len(batch))
    refresh(engine, generation)
    engine.swap(generation)
