"""Suggestions for a prefix."""

import pytest

from indexing.engine import SearchEngine
from indexing.page import SearchSuggestion, SuggestionKind
from tests.indexing.builders import category, product
from tests.indexing.shop import Shop


@pytest.fixture(scope="module")
def shop(engine: SearchEngine) -> Shop:
    return Shop.opened(
        engine,
        product(1, "CHRISTMAS TREE LIGHTS", categories=category("Christmas > Lights")),
        product(2, "Christmas tree star", categories=category("Christmas"), brand="Chrome & Co"),
        product(3, "Set of 3 christmas cards", brand="Chrome & Co"),
        product(4, "Chopping board"),
        product(5, "Chopping block"),
    )


def test_phrases_of_titles_are_ordered_by_number_of_products(shop: Shop) -> None:
    texts = [each.text for each in shop.engine.suggest("christmas") if each.kind is SuggestionKind.PHRASE]

    assert texts == ["christmas tree"]
    assert [each.text for each in shop.engine.suggest("chop")] == ["chopping"]


def test_categories_and_brands_come_first(shop: Shop) -> None:
    suggestions = shop.engine.suggest("chr")

    assert suggestions[0] == SearchSuggestion(SuggestionKind.CATEGORY, "Christmas", 2, "christmas")
    assert suggestions[1] == SearchSuggestion(SuggestionKind.BRAND, "Chrome & Co", 2)
    assert "christmas" not in [each.text for each in suggestions]


def test_a_phrase_of_one_product_is_suggested_when_there_is_no_other(shop: Shop) -> None:
    assert "chopping board" in [each.text for each in shop.engine.suggest("Chopping BO")]


def test_a_misspelt_prefix_is_corrected(shop: Shop) -> None:
    assert "christmas tree" in [each.text for each in shop.engine.suggest("chrismas tree")]


def test_the_number_of_suggestions_is_limited(shop: Shop) -> None:
    assert len(shop.engine.suggest("chr", limit=2)) == 2


@pytest.mark.parametrize("prefix", ["", "c", "?", "zzzzzz", "chr.*", "[a"])
def test_a_prefix_of_no_word_has_no_suggestions(shop: Shop, prefix: str) -> None:
    assert [
        each.text for each in shop.engine.suggest(prefix) if not each.text.lower().startswith("chr")
    ] == []


def test_a_deleted_product_is_no_longer_suggested(engine: SearchEngine) -> None:
    shop = Shop.opened(engine, product(1, "Ocarina"))
    assert [each.text for each in engine.suggest("oca")] == ["ocarina"]

    shop.delete(1, version=2)

    assert engine.suggest("oca") == ()


def test_a_phrase_with_a_single_continuation_is_suggested_in_full(engine: SearchEngine) -> None:
    Shop.opened(engine, product(1, "Cake stand, round"), product(2, "Cake stand, square"))

    assert [(each.text, each.count) for each in engine.suggest("ca")] == [("cake stand", 2)]


def test_a_prefix_that_expands_to_a_very_long_text_has_no_suggestions(shop: Shop) -> None:
    assert shop.engine.suggest("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 200) == ()
