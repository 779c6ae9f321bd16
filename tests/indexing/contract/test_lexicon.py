"""The lexicon of a generation: counted, stored, and read by other processes."""

from collections.abc import Callable

import pytest

from indexing.elasticsearch import lexicons as elasticsearch_lexicons
from indexing.engine import SearchEngine
from indexing.errors import FieldNotIndexed, GenerationNotFound
from indexing.fields import ATTRIBUTE, BRAND_TOKEN, PAIR, PRICE, WORD
from indexing.lexicon.lexicon import EMPTY
from indexing.lexicon.refreshing import has_changed, refresh
from indexing.mapping import token
from tests.indexing.builders import NOW, category, product, variant
from tests.indexing.shop import Shop
from tests.services.waiting import wait_until

PRODUCTS = (
    product(1, "Brass lantern for the garden", brand="Lumen & Co", categories=category("Home > Wall Lamps")),
    product(2, "Brass lantern", attributes={"colour": "gold"}, description="A lighthouse."),
    product(3, "Brass hook", variants=(variant(1, colour="gold"), variant(2, colour="green"))),
)


@pytest.fixture
def stocked(engine: SearchEngine) -> Shop:
    return Shop.opened(engine, *PRODUCTS)


def test_words_pairs_and_values_are_counted_by_products(stocked: Shop) -> None:
    def counts(field: str) -> dict[str, int]:
        return dict(stocked.engine.counts(stocked.generation, field))

    words = counts(WORD)
    assert {word: words[word] for word in ("brass", "lantern", "lamps", "gold")} == {
        "brass": 3,
        "lantern": 2,
        "lamps": 1,
        "gold": 2,
    }
    assert "lighthouse" not in words
    assert counts(PAIR) == {"brass lantern": 2, "lantern garden": 1, "brass hook": 1}
    assert counts(BRAND_TOKEN) == {token("lumen co", "Lumen & Co"): 1}
    assert counts(ATTRIBUTE).keys() == {token("colour", "gold"), token("colour", "green")}


def test_deleted_products_are_not_counted(stocked: Shop) -> None:
    stocked.delete(3, version=2)

    assert dict(stocked.engine.counts(stocked.generation, PAIR)) == {"brass lantern": 2, "lantern garden": 1}


def test_a_refreshed_lexicon_is_used_by_this_process_at_once_and_by_others_soon(
    stocked: Shop, open_engine: Callable[[], SearchEngine]
) -> None:
    assert stocked.engine.lexicon(stocked.generation) is EMPTY
    assert has_changed(stocked.engine, stocked.generation)

    refresh(stocked.engine, stocked.generation)

    lexicon = stocked.engine.lexicon(stocked.generation)
    assert (lexicon.products, lexicon.frequency("lantern"), lexicon.pair("brass", "lantern")) == (3, 2, 2)
    assert [each.value for each in lexicon.named(["wall", "lamp"])] == ["Home > Wall Lamps"]
    assert not has_changed(stocked.engine, stocked.generation)
    other = open_engine()
    wait_until(lambda: other.lexicon(stocked.generation).frequency("lantern") == 2)
    other.close()


def test_a_lexicon_of_several_parts_replaces_the_former_one(
    stocked: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elasticsearch_lexicons, "PART_BYTES", 500)
    refresh(stocked.engine, stocked.generation)
    stocked.put(product(4, "Paper lantern"))

    refresh(stocked.engine, stocked.generation)

    assert stocked.engine.lexicon(stocked.generation).frequency("lantern") == 3


def test_a_generation_that_is_gone_has_no_lexicon(engine: SearchEngine) -> None:
    generation = engine.create(now=NOW).name
    refresh(engine, generation)
    engine.drop(generation)

    assert engine.lexicon(generation) is EMPTY
    with pytest.raises(GenerationNotFound):
        engine.save_lexicon(generation, b"")


def test_a_field_that_cannot_be_counted_is_refused(stocked: Shop) -> None:
    with pytest.raises(FieldNotIndexed):
        list(stocked.engine.counts(stocked.generation, f"{PRICE}_in_barley"))
