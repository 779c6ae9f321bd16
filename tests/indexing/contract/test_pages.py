"""Paging."""

import pytest

from indexing.engine import SearchEngine
from indexing.request import MAX_DEPTH, SearchRequest, Sort
from tests.indexing.builders import product
from tests.indexing.shop import Shop, ids_of


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("text", ["", "lamp"])
def test_pages_neither_overlap_nor_leave_gaps(engine: SearchEngine, sort: Sort, text: str) -> None:
    shop = Shop.opened(engine)
    for start in (40, 1, 20):
        shop.put(*(product(number, "Lamp") for number in range(start, start + 9)))

    pages = [shop.page(text, sort=sort, page=page, page_size=4) for page in range(1, 8)]

    found = [product_id for page in pages for product_id in ids_of(page)]
    assert len(found) == len(set(found)) == pages[0].count == 27
    assert found == shop.ids(text, sort=sort, page_size=50)
    assert found == sorted(found, reverse=sort is Sort.NEWEST) or (sort is Sort.RELEVANCE and not text)


def test_pages_beyond_the_depth_limit_are_refused() -> None:
    with pytest.raises(ValueError, match=str(MAX_DEPTH)):
        SearchRequest(page=MAX_DEPTH, page_size=2)
