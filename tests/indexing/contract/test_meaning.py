"""With an encoder, searches rank by words and meaning, and find products of similar meaning."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexing.elasticsearch.engine import ElasticsearchEngine
from indexing.encoder.identity import EncoderIdentity
from indexing.encoder.model import OnnxEncoder, TextEncoder
from indexing.engine import PutDocument, SearchEngine
from indexing.page import Matched
from indexing.ranking import DEFAULT_RANKING
from indexing.ranking.fusion import SCALE
from indexing.request import Sort
from indexing.tantivy.engine import TantivyEngine
from tests.indexing.builders import NOW, product
from tests.indexing.shop import Shop, ids_of

Open = Callable[[TextEncoder | None], SearchEngine]


class CountingEncoder:
    """An encoder that records the passages that it encodes, and may have another identity."""

    def __init__(self, encoder: TextEncoder, *, checksum: str = "") -> None:
        self._encoder = encoder
        self.encoded: list[str] = []
        self.identity = EncoderIdentity(checksum or encoder.identity.checksum, encoder.identity.dimensions)

    def query(self, text: str) -> NDArray[np.float32]:
        return self._encoder.query(text)

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded += texts
        return self._encoder.passages(texts)


@pytest.fixture(scope="module")
def tiny(tiny_encoder_files: Path) -> OnnxEncoder:
    return OnnxEncoder(tiny_encoder_files)


@pytest.fixture(scope="module")
def open_with(
    engine_name: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Open]:
    """A function that opens an engine with an encoder or without, on the same generations."""
    opened: list[SearchEngine] = []
    if engine_name == "tantivy":
        home = tmp_path_factory.mktemp("search")
        create: Open = lambda encoder: TantivyEngine(home, encoder=encoder)  # noqa: E731
    else:
        url, prefix = request.getfixturevalue("elasticsearch_url"), f"test-{secrets.token_hex(4)}"
        create = lambda encoder: ElasticsearchEngine(url=url, prefix=prefix, encoder=encoder)  # noqa: E731

    def open_engine(encoder: TextEncoder | None) -> SearchEngine:
        opened.append(create(encoder))
        return opened[-1]

    yield open_engine
    opened[0].destroy()
    for engine in opened:
        engine.close()


@pytest.fixture(scope="module")
def hybrid(open_with: Open, tiny: OnnxEncoder) -> SearchEngine:
    return open_with(tiny)


FURNITURE = (
    product(1, "Crimson couch", brand="Ada", price="30.00"),
    product(2, "Desk lamp", brand="Bo", price="20.00"),
    product(3, "Kettle", brand="Bo", price="10.00"),
    product(4, "Trainers", brand="Cy", price="40.00"),
    product(5, "Blue mug", brand="Cy", price="50.00"),
    product(6, "Red cup", brand="Cy", price="60.00"),
)


@pytest.fixture(scope="module")
def furniture(hybrid: SearchEngine) -> Shop:
    return Shop.opened(hybrid, *FURNITURE)


def test_a_product_that_shares_no_word_is_found_by_its_meaning(furniture: Shop) -> None:
    page = furniture.page("sofa")
    assert (ids_of(page), page.count, page.matched) == ([1], 1, Matched.SIMILAR)
    assert page.facets is not None
    assert [(bucket.value, bucket.count) for bucket in page.facets.brands] == [("Ada", 1)]


def test_products_of_similar_meaning_follow_those_with_the_words(furniture: Shop) -> None:
    page = furniture.page("mug")
    assert (ids_of(page), page.count, page.matched) == ([5, 6], 2, Matched.ALL)


def test_the_closer_meaning_decides_between_equal_words(hybrid: SearchEngine) -> None:
    shop = Shop.opened(
        hybrid, product(1, "Steel kettle lamp"), product(2, "Steel light lamp"), *FURNITURE[2:]
    )
    assert shop.ids("lamp steel")[:2] == [2, 1]
    assert shop.ids("lamp steel", ranking=replace(DEFAULT_RANKING, meaning_weight=0.0))[:2] == [1, 2]


def test_a_hit_has_the_parts_of_its_score(furniture: Shop) -> None:
    first, second = furniture.page("mug").hits

    assert first.fusion is not None
    assert second.fusion is not None
    assert first.fusion.words > 0 == second.fusion.words
    for hit in (first, second):
        assert hit.fusion is not None
        assert hit.fusion.closeness is not None
        value = hit.fusion.words / first.fusion.words + hit.fusion.weight * hit.fusion.closeness / SCALE
        assert hit.score == pytest.approx(value)
    assert [hit.fusion for hit in furniture.page("mug", sort=Sort.PRICE_LOW).hits] == [None]


@pytest.mark.parametrize("code", ["B0SOFA12345", "SOFA-10017413", "10017413"])
def test_words_alone_decide_about_codes(furniture: Shop, code: str) -> None:
    assert furniture.page(f"{code}").count == 0
    assert furniture.page(f"{code} sofa").count == 0


def test_other_orders_list_what_the_words_match(furniture: Shop) -> None:
    assert furniture.ids("sofa", sort=Sort.PRICE_LOW) == []
    assert furniture.ids("cup", sort=Sort.PRICE_LOW) == [6]


def test_products_like_the_best_ones_come_first_among_equals(hybrid: SearchEngine) -> None:
    best = [product(number, "Red steel lamp") for number in (1, 2, 3)]
    others = [product(4, "Lamp kettle steel"), product(5, "Lamp red steel")]
    shop = Shop.opened(hybrid, *best, *others)
    assert shop.ids("steel lamp") == [1, 2, 3, 5, 4]
    assert shop.ids("steel lamp", ranking=replace(DEFAULT_RANKING, meaning_feedback=0.0)) == [1, 2, 3, 4, 5]


def test_filters_hold_and_find_more_distant_products_instead(hybrid: SearchEngine) -> None:
    near = [product(number, "Couch", brand="Ada") for number in range(1, 61)]
    distant = [product(number, "Couch lamp", brand="Bo") for number in range(61, 66)]
    others = [product(number, "Mug", brand="Bo") for number in range(66, 320)]
    shop = Shop.opened(hybrid, *near, *distant, *others)
    everything = shop.page("sofa", page_size=100)
    assert everything.count == len(everything.hits) == DEFAULT_RANKING.relax_below
    assert {hit.product.brand for hit in everything.hits} == {"Ada"}
    filtered = shop.page("sofa", brands=("Bo",), page_size=100)
    assert sorted(ids_of(filtered)) == [61, 62, 63, 64, 65]
    assert filtered.count == 5
    assert filtered.facets is not None
    brands = {bucket.value: bucket.count for bucket in filtered.facets.brands}
    assert brands == {"Ada": 50, "Bo": 5}


def test_what_was_understood_of_a_query_holds_for_products_of_similar_meaning(hybrid: SearchEngine) -> None:
    furniture = Shop.opened(hybrid, *FURNITURE)
    assert furniture.ids("mug") == [5, 6]
    assert furniture.ids("mug -red") == [5]
    assert furniture.ids("mug under 55") == [5]
    assert furniture.ids('"mug"') == [5]
    assert furniture.ids("sofa -crimson") == []


def test_pages_divide_the_products_that_are_counted(hybrid: SearchEngine) -> None:
    titles = ("Red lamp", "Lamp", "Light for a lamp", "Kettle and lamp")
    brands = [f"Brand {number % 37 % 29}" if number % 3 else "" for number in range(231)]
    products = (product(number, titles[number % 4], brand=brands[number]) for number in range(1, 231))
    shop = Shop.opened(hybrid, *products)
    pages = [shop.page("lamp", page=number, page_size=60) for number in range(1, 5)]
    found = [each for page in pages for each in ids_of(page)]
    assert {page.count for page in pages} == {230}
    assert sorted(found) == list(range(1, 231))

    first = {brands[each] or each: each for each in reversed(found)}.values()
    collapsed = [shop.page("lamp", page=each, page_size=60, collapse="brand") for each in (1, 2)]
    assert [each for page in collapsed for each in ids_of(page)] == [each for each in found if each in first]
    assert {(page.count, page.products) for page in collapsed} == {(len(first), 230)}


def test_only_a_changed_passage_is_encoded_again(open_with: Open, tiny: OnnxEncoder) -> None:
    encoder = CountingEncoder(tiny)
    shop = Shop.opened(open_with(encoder), product(1, "Couch"), product(2, "Mug"), product(3, "Mug"))
    assert sorted(encoder.encoded) == ["Couch", "Mug"]
    shop.put(product(1, "Couch", price="99.00"), version=2)
    assert len(encoder.encoded) == 2
    assert shop.ids("sofa") == [1]
    shop.put(product(1, "Kettle"), version=3)
    assert encoder.encoded[2:] == ["Kettle"]
    assert 1 not in shop.ids("sofa")


def test_a_stale_write_does_not_change_the_meaning(hybrid: SearchEngine) -> None:
    shop = Shop.opened(hybrid, *FURNITURE)
    shop.put(product(1, "Couch"), version=5)
    hybrid.write(shop.generation, [PutDocument(product(1, "Kettle"), 4)], now=NOW)
    assert shop.ids("sofa") == [1]


def test_a_deleted_product_is_not_found_by_its_meaning(hybrid: SearchEngine) -> None:
    shop = Shop.opened(hybrid, *FURNITURE)
    shop.delete(1, version=2)
    assert 1 not in shop.ids("sofa")
    shop.put(product(1, "Couch"), version=3)
    assert shop.ids("sofa")[0] == 1


@pytest.mark.parametrize("other", [None, "another"])
def test_without_the_encoder_of_the_vectors_words_alone_decide(
    open_with: Open, hybrid: SearchEngine, tiny: OnnxEncoder, other: str | None
) -> None:
    shop = Shop.opened(hybrid, *FURNITURE)
    hybrid.release(shop.generation)
    plain = open_with(None if other is None else CountingEncoder(tiny, checksum=other))
    assert Shop(plain, shop.generation).ids("sofa") == []
    changed = Shop(plain, shop.generation)
    changed.put(product(1, "Crimson couch", price="31.00"), product(5, "Red couch"), version=2)
    plain.release(shop.generation)
    assert shop.ids("sofa") == [1], "an unchanged passage keeps its vector, a changed one loses it"
    shop.put(product(5, "Red couch", price="51.00"), version=3)
    assert sorted(shop.ids("sofa")) == [1, 5]


def test_a_generation_without_vectors_is_searched_by_words(open_with: Open, hybrid: SearchEngine) -> None:
    shop = Shop.opened(open_with(None), *FURNITURE)
    assert hybrid.serving().encoder is None
    assert Shop(hybrid, shop.generation).ids("sofa") == []
    assert Shop(hybrid, shop.generation).ids("couch") == [1]


def test_a_generation_records_its_encoder(furniture: Shop, hybrid: SearchEngine, tiny: OnnxEncoder) -> None:
    recorded = {each.name: each.encoder for each in hybrid.generations()}
    assert recorded[furniture.generation] == tiny.identity


def test_a_build_that_was_begun_with_another_encoder_is_not_resumed(
    open_with: Open, hybrid: SearchEngine, tiny: OnnxEncoder
) -> None:
    begun = hybrid.create(now=NOW)
    assert hybrid.is_like_new(begun)
    assert not open_with(None).is_like_new(begun)
    assert not open_with(CountingEncoder(tiny, checksum="another")).is_like_new(begun)


def test_a_misspelt_query_is_read_as_corrected(hybrid: SearchEngine) -> None:
    shop = Shop.opened(hybrid, *FURNITURE, product(7, "Sneakers"))
    shop.learn()
    page = shop.page("sneekers")
    assert (page.corrected_text, ids_of(page)[:2]) == ("sneakers", [7, 4])
