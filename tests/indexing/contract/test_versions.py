"""Writes that arrive late, twice or out of order: the newest version of a product is kept."""

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest

from indexing.engine import DeleteDocument, DocumentWrite, Generation, PutDocument, SearchEngine
from indexing.errors import GenerationNotFound
from tests.indexing.builders import NOW, product
from tests.indexing.shop import Shop


@pytest.fixture
def generation(engine: SearchEngine) -> Generation:
    return engine.create(now=NOW)


def test_an_update_replaces_the_previous_document(shop: Shop) -> None:
    for version, title in enumerate(("Lantern", "Candle", "Torch"), start=1):
        shop.put(product(1, title), version=version)

    assert shop.titles() == ["Torch"]
    assert shop.titles("lantern") == []
    assert shop.engine.count(shop.generation) == 1


def test_an_older_version_does_not_undo_a_newer_one(shop: Shop) -> None:
    shop.put(product(1, "New title"), version=7)

    written = shop.engine.write(shop.generation, [PutDocument(product(1, "Old title"), 6)], now=NOW)

    assert (written.applied, written.stale) == (0, 1)
    assert shop.engine.stored(shop.generation, [1])[1].document.title == "New title"


def test_a_repeated_write_changes_nothing(shop: Shop) -> None:
    shop.put(product(1), version=3)

    assert shop.engine.write(shop.generation, [PutDocument(product(1), 3)], now=NOW).applied == 0
    assert shop.engine.count(shop.generation) == 1


def test_a_late_update_does_not_restore_a_deleted_product(shop: Shop) -> None:
    shop.put(product(1), version=3)
    shop.delete(1, version=5)

    written = shop.engine.write(shop.generation, [PutDocument(product(1), 4)], now=NOW)

    assert written.stale == 1
    assert shop.engine.stored(shop.generation, [1]) == {}


def test_a_late_delete_does_not_remove_a_product_with_a_newer_version(shop: Shop) -> None:
    shop.put(product(1), version=5)

    shop.engine.write(shop.generation, [DeleteDocument(1, 4)], now=NOW)

    assert shop.engine.stored(shop.generation, [1])[1].version == 5


def test_a_delete_of_an_unknown_product_makes_an_older_update_stale(shop: Shop) -> None:
    shop.engine.write(shop.generation, [DeleteDocument(1, 9)], now=NOW)

    assert shop.engine.write(shop.generation, [PutDocument(product(1), 8)], now=NOW).stale == 1


def test_a_product_can_be_added_again_after_its_delete(shop: Shop) -> None:
    shop.engine.write(shop.generation, [DeleteDocument(1, 2)], now=NOW)

    shop.put(product(1, "Added again"), version=3)

    assert shop.titles("added") == ["Added again"]


def test_the_ids_of_products_are_read_in_pages_without_deleted_ones(shop: Shop) -> None:
    shop.put(*(product(number) for number in (11, 2, 30, 4, 5)))
    shop.delete(4, version=5)

    def page(after: int, limit: int) -> list[int]:
        return shop.engine.product_ids(shop.generation, after=after, limit=limit)

    assert page(0, 3) == [2, 5, 11]
    assert page(11, 3) == [30]
    assert page(30, 3) == []
    with pytest.raises(GenerationNotFound):
        shop.engine.product_ids("products-20200101-nowhere", after=0, limit=1)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_result_does_not_depend_on_the_order_of_arrival(
    engine: SearchEngine, generation: Generation, order: tuple[int, ...]
) -> None:
    writes: list[DocumentWrite] = [
        PutDocument(product(1, "First"), 1),
        DeleteDocument(1, 2),
        PutDocument(product(1, "Third"), 3),
    ]

    for position in order:
        engine.write(generation.name, [writes[position]], now=NOW)

    stored = engine.stored(generation.name, [1])
    assert (stored[1].version, stored[1].document.title) == (3, "Third")


def test_the_newest_of_several_writes_in_one_batch_is_kept(
    engine: SearchEngine, generation: Generation
) -> None:
    writes = [
        PutDocument(product(1, "Second"), 2),
        PutDocument(product(1, "Third"), 3),
        PutDocument(product(1, "First"), 1),
    ]

    written = engine.write(generation.name, writes, now=NOW)

    assert engine.stored(generation.name, [1])[1].document.title == "Third"
    assert written.applied + written.stale == 3


def test_a_stored_document_is_returned_unchanged(engine: SearchEngine, generation: Generation) -> None:
    document = product(
        1, "Jug – Größe “M”", price="19.99", attributes={"colour": "blue"}, image_urls=("https://x/1.jpg",)
    )

    engine.write(generation.name, [PutDocument(document, 1)], now=NOW)

    assert engine.stored(generation.name, [1, 2])[1].document == document


def test_writes_become_visible_to_other_processes(
    shop: Shop, open_engine: Callable[[], SearchEngine]
) -> None:
    other = open_engine()
    shop.put(product(1, "Lantern"))

    assert Shop(other, shop.generation).titles("lantern") == ["Lantern"]

    shop.put(product(1, "Candle"), version=2)
    Shop(other, shop.generation).wait_for(product(1, "Candle"))
    other.close()


def test_a_write_to_a_dropped_generation_fails(engine: SearchEngine, generation: Generation) -> None:
    engine.write(generation.name, [PutDocument(product(1), 1)], now=NOW)
    engine.drop(generation.name)

    with pytest.raises(GenerationNotFound):
        engine.write(generation.name, [PutDocument(product(1), 2)], now=NOW)
    assert generation.name not in {each.name for each in engine.generations()}


def test_deletes_are_remembered_for_an_hour(shop: Shop) -> None:
    shop.engine.write(shop.generation, [DeleteDocument(1, 9)], now=NOW)
    shop.put(product(3))
    shop.engine.write(shop.generation, [DeleteDocument(2, 9)], now=NOW + timedelta(minutes=59))

    assert shop.engine.write(shop.generation, [PutDocument(product(1), 8)], now=NOW).stale == 1
    assert shop.ids() == [3]
