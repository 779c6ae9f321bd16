"""A search that collapses products shows of each group what a search that doesn't would show first."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from indexing.document import ProductDocument
from indexing.elasticsearch import collapsing
from indexing.engine import SearchEngine
from indexing.errors import FieldNotIndexed
from indexing.facets import NO_FACETS
from indexing.filters import Filters
from indexing.page import Hit, SearchPage
from indexing.request import SearchRequest, Sort
from indexing.rules.actions import Boost, Pin
from tests.indexing.brute_force import own, same
from tests.indexing.builders import NOW, product, variant
from tests.indexing.shop import Shop, ids_of

BY = ("brand", "style", "Weight.min")
STYLES = ("Oxford", "oxford", "Derby  Shoe", "Loafer")
WORDS = ("black", "shoe", "leather", "summer")
SEARCHES = 40


def random_product(number: int, rng: random.Random) -> ProductDocument:
    style = {"Style": rng.choice(STYLES)}
    variants = [
        variant(
            number * 10 + place,
            price=Decimal(rng.choice((5, 10, 20))),
            available=rng.choice((0, 3)),
            **(rng.choice((style, {"style": rng.choice(STYLES)})) if rng.random() < 0.3 else {}),
        )
        for place in range(rng.randint(0, 3))
    ]
    return product(
        number,
        " ".join(rng.choices(WORDS, k=rng.randint(1, 3))),
        brand=rng.choice(("Acme", "ACME ", "Lumen", "Folk", "", " ")),
        popularity=rng.choice((0, 0, 5)),
        attributes=(style if rng.random() < 0.6 else {})
        | ({"weight.min": rng.choice(("1", "2"))} if rng.random() < 0.5 else {}),
        variants=tuple(variants),
    )


PRODUCTS = tuple(random_product(each, random.Random(each)) for each in range(1, 121))


def random_search(rng: random.Random) -> SearchRequest:
    attributes = rng.choice(({}, {}, {"style": ("oxford", "loafer")}, {"weight.min": ("1",)}))
    pins = [Pin(rng.choice(PRODUCTS).id, rng.randint(1, 12)) for _ in range(rng.choice((0, 0, 4)))]
    return SearchRequest(
        text=rng.choice(("", *WORDS, "black shoe", "sumer", "nothing")),
        filters=Filters(
            attributes=attributes,
            brands=rng.choice(((), (), ("acme", "folk"))),
            max_price=rng.choice((None, None, Decimal(10))),
            in_stock=rng.choice((None, None, True)),
        ),
        sort=rng.choice((Sort.RELEVANCE, Sort.RELEVANCE, *Sort)),
        pinned=tuple({each.product_id: each for each in pins}.values()),
        hidden=tuple(each.id for each in rng.sample(PRODUCTS, rng.choice((0, 3)))),
        boosts=rng.choice(((), (Boost(Filters(brands=("folk",)), 3.0),))),
        facets=NO_FACETS,
        collapse=rng.choice(BY),
        page_size=200,
    )


REQUESTS = [*map(random_search, [random.Random(4)] * SEARCHES)]


@pytest.fixture(scope="module")
def opened(open_engine: Callable[..., SearchEngine], engine_name: str) -> Iterator[SearchEngine]:
    """An engine whose new generations have groups by two attributes, which only Elasticsearch needs."""
    options = {"collapses": ("Style", "weight.min")} if engine_name == "elasticsearch" else {}
    engine = open_engine(**options)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def shop(opened: SearchEngine) -> Shop:
    return Shop.opened(opened, *PRODUCTS)


def group(document: ProductDocument, by: str) -> str | None:
    """Return the brand, or the value of an attribute that all variants have that have one."""
    if by == "brand":
        return same(document.brand) or None
    variants: Sequence[Any] = document.variants or (None,)
    values = {own(document, each)[same(by)] for each in variants if same(by) in own(document, each)}
    found = {same(each) for each in values}
    return found.pop() if len(found) == 1 else None


def expected(hits: Sequence[Hit], request: SearchRequest) -> list[int]:
    """Return the ids of a list that is collapsed, for the `hits` of one that isn't."""
    seen: set[str] = set()

    def first(hit: Hit) -> bool:
        found = group(hit.product, request.collapse)
        is_first = found is None or found not in seen
        seen.update({found} if found else ())
        return is_first

    pinned = [hit.product.id for hit in hits if hit.pinned and first(hit)]
    ranked = [hit.product.id for hit in hits if not hit.pinned and first(hit)]
    positions = {each.product_id: each.position for each in request.pinned}
    free = 0
    for each in pinned:
        place = min(max(positions[each] - 1, free), len(ranked))
        ranked.insert(place, each)
        free = place + 1
    return ranked


def plain(shop: Shop, request: SearchRequest) -> SearchPage:
    return shop.engine.search(replace(request, collapse=""))


def test_of_each_group_the_first_product_is_shown_with_the_number_of_its_products(shop: Shop) -> None:
    counts = set()
    for request in REQUESTS:
        everything = plain(shop, request)
        wanted = expected(everything.hits, request)

        page = shop.engine.search(request)

        assert ids_of(page) == wanted, request
        assert (page.count, page.products) == (len(wanted), everything.count), request
        assert (page.matched, page.corrected_text) == (everything.matched, everything.corrected_text)
        sizes = Counter(group(hit.product, request.collapse) for hit in everything.hits)
        for hit in page.hits:
            shown = hit.collapsed and (same(hit.collapsed.value), hit.collapsed.count)
            of_hit = group(hit.product, request.collapse)
            assert shown == (of_hit and (of_hit, sizes[of_hit])), request
        counts.add((page.count, page.products))
    assert len(counts) > SEARCHES / 4


def test_pages_go_through_the_groups(shop: Shop) -> None:
    for request in REQUESTS[:6]:
        whole = shop.engine.search(request)
        sized = [replace(request, page=number, page_size=7) for number in range(1, whole.count // 7 + 2)]
        pages = [shop.engine.search(each) for each in sized]
        assert [each for page in pages for each in ids_of(page)] == ids_of(whole), request
        assert {page.count for page in pages} == {whole.count}


def test_facets_count_products(shop: Shop) -> None:
    request = SearchRequest(text="shoe", filters=Filters(max_price=Decimal(10)))
    collapsed = shop.engine.search(replace(request, collapse="style"))
    assert collapsed.facets == shop.engine.search(request).facets
    assert collapsed.facets is not None
    assert collapsed.count < sum(each.count for each in collapsed.facets.brands)


def test_more_groups_than_a_response_has_are_counted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    request = SearchRequest(collapse="style", facets=NO_FACETS, page_size=100)
    page = shop.engine.search(request)
    monkeypatch.setattr(collapsing, "GROUPS_AT_ONCE", 2)
    assert shop.engine.search(request) == page


def test_groups_follow_a_product_that_changes(opened: SearchEngine, shop: Shop) -> None:
    opened.swap(
        Shop.opened(opened, product(1, "Boot", brand="Acme"), product(2, "Boot", brand="Folk")).generation
    )
    changing = Shop(opened, opened.serving().name)
    assert changing.page(collapse="brand").count == 2
    changing.put(product(2, "Boot", brand="acme"), version=2)
    assert changing.page(collapse="brand").count == 1
    opened.swap(shop.generation)


def test_an_attribute_without_groups_needs_a_new_index(
    open_engine: Callable[..., SearchEngine], engine_name: str, shop: Shop
) -> None:
    other = open_engine()
    page = SearchRequest(collapse="colour")
    if engine_name == "tantivy":
        assert other.search(page).count == len(PRODUCTS)
        return
    with pytest.raises(FieldNotIndexed, match="colour"):
        other.search(page)
    begun = shop.engine.create(now=NOW)
    assert shop.engine.is_like_new(begun)
    assert not other.is_like_new(begun)
    other.close()
