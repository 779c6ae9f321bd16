"""The language of a shop is recorded in its generations, and their texts and queries are analysed in it."""

from collections.abc import Callable

from indexing.engine import SearchEngine
from tests.indexing.builders import NOW, product
from tests.indexing.shop import Shop


def test_queries_are_analysed_in_the_language_of_the_generation(
    engine: SearchEngine, open_engine: Callable[..., SearchEngine]
) -> None:
    german = open_engine(language="german")
    created = german.create(now=NOW)
    engine.swap(created.name)
    shop = Shop(engine, created.name)
    shop.put(product(1, "Kühlschränke für die Küche, 1,5 l"), product(2, "Töpfe"))
    other_process = open_engine()

    assert created.language == engine.serving().language == "german"
    for each in (engine, other_process):
        found = Shop(each, created.name)
        assert found.ids("Kühlschrank für Küche") == [1]
        assert found.ids("1500 ml") == [1]
        assert found.ids("Topf") == [2]
    german.close()
    other_process.close()


def test_a_word_with_accents_is_found_in_its_other_forms_and_without_accents(
    engine: SearchEngine, open_engine: Callable[..., SearchEngine]
) -> None:
    french = open_engine(language="french")
    created = french.create(now=NOW)
    engine.swap(created.name)
    shop = Shop(engine, created.name)
    shop.put(product(1, "T-shirt brodé"), product(2, "Robe brodée"), product(3, "Eau de toilette"))

    assert sorted(shop.ids("brodée")) == sorted(shop.ids("brodé")) == [1, 2]
    assert 2 in shop.ids("brodee")
    assert shop.ids("l'eau") == [3]
    french.close()
