"""Full-text search: which products match, and in which order."""

import pytest

from indexing.engine import SearchEngine
from indexing.page import Matched
from indexing.request import MAX_QUERY_LENGTH, SearchRequest, Sort
from tests.indexing.builders import category, product, variant
from tests.indexing.shop import Shop


def test_title_brand_category_attributes_and_description_are_searched(shop: Shop) -> None:
    shop.put(
        product(1, "Kettle"),
        product(2, "Pan", brand="Kettlewell"),
        product(3, "Pot", categories=category("Kitchen > Kettles")),
        product(4, "Cup", variants=(variant(1, pattern="kettle"),)),
        product(5, "Lid", description="Fits every kettle."),
    )

    found = shop.ids("kettle")
    assert sorted(found) == [1, 3, 4, 5]
    assert (found[0], found[-1]) == (1, 5)
    assert shop.ids("kettlewell") == [2]


def test_words_match_regardless_of_case_number_and_accents(shop: Shop) -> None:
    shop.put(product(1, "CAFÉ LUNCH BOXES"), product(2, "Women\N{RIGHT SINGLE QUOTATION MARK}s boots"))

    assert shop.ids("cafe") == [1]
    assert shop.ids("Box") == [1]
    assert shop.ids("womens boot") == [2]


def test_all_words_must_match_if_enough_products_contain_them_all(shop: Shop) -> None:
    red = [product(number, f"Red dress number {number}") for number in range(1, 52)]
    shop.put(*red, product(60, "Red shoes"), product(61, "Green dress"))

    page = shop.page("red dress", page_size=50)

    assert (page.count, page.matched) == (51, Matched.ALL)


def test_products_with_some_of_the_words_follow_if_too_few_contain_them_all(shop: Shop) -> None:
    shop.put(product(1, "Dress dress dress"), product(2, "A red and quite formal evening dress"))

    page = shop.page("red dress")

    assert [hit.product.id for hit in page.hits] == [2, 1]
    assert page.matched is Matched.ANY


def test_a_search_sorted_by_price_contains_only_full_matches(shop: Shop) -> None:
    shop.put(product(1, "Dress", price="1.00"), product(2, "Red dress", price="90.00"))

    assert shop.ids("red dress", sort=Sort.PRICE_LOW) == [2]


def test_a_filter_does_not_make_a_search_match_fewer_words(shop: Shop) -> None:
    full = [product(number, "Red dress", seller_id=1) for number in range(1, 52)]
    shop.put(*full, product(52, "Red dress", seller_id=2), product(53, "Red shoes", seller_id=2))

    assert shop.ids("red dress", seller_id=2) == [52]


def test_a_misspelt_word_is_corrected(shop: Shop) -> None:
    shop.put(
        product(1, "SPACEBOY LUNCH BOX"),
        product(2, "LUNCH BAG RED RETROSPOT"),
        product(3, "CHRISTMAS LIGHTS"),
    )
    shop.learn()

    page = shop.page("lunch bax")

    assert page.hits[0].product.id == 1
    assert page.corrected_text == "lunch box"
    assert shop.ids("chrismas lihgts")[0] == 3


def test_a_word_that_a_product_contains_is_not_corrected(shop: Shop) -> None:
    shop.put(*(product(number, "Lunch box") for number in range(1, 6)), product(9, "Bax cleaning powder"))
    shop.learn()

    page = shop.page("bax")

    assert [hit.product.id for hit in page.hits] == [9]
    assert page.corrected_text is None


def test_a_word_of_a_description_is_not_corrected_to_one_of_a_title(shop: Shop) -> None:
    shop.put(product(1, "Box"), product(2, "Powder", description="Made by bax."))
    shop.learn()

    assert shop.ids("bax") == [2]


def test_compound_words_match_when_written_as_one_or_as_two(shop: Shop) -> None:
    shop.put(product(1, "Lunch box"), product(2, "Macbook sleeve"), product(3, "PS4 controller"))
    shop.learn()

    assert shop.ids("lunchbox") == [1]
    assert shop.ids("mac book sleeve")[0] == 2
    assert shop.ids("ps 4 controller")[0] == 3


def test_adjacent_words_rank_above_separated_ones(shop: Shop) -> None:
    shop.put(product(1, "Rack of iron for your wine"), product(2, "Iron wine rack for your home"))

    assert shop.ids("wine rack") == [2, 1]


def test_popularity_only_orders_equally_good_matches(shop: Shop) -> None:
    shop.put(
        product(1, "Brass lantern"),
        product(2, "Brass lantern", popularity=900),
        product(3, "Brass hook", popularity=9_000),
    )

    assert shop.ids("brass lantern") == [2, 1, 3]


def test_sold_out_products_rank_below_equal_matches_in_stock(shop: Shop) -> None:
    shop.put(product(1, "Brass lantern", variants=(variant(1, available=0),)), product(2, "Brass lantern"))

    assert shop.ids("lantern") == [2, 1]


def test_markup_is_not_searched(shop: Shop) -> None:
    shop.put(
        product(1, description="<style>.a{color:red}</style><table class='x'><b>Oak</b>&nbsp;top</table>")
    )

    assert shop.ids("oak top") == [1]
    assert shop.ids("table") == []


@pytest.mark.parametrize("text", ["???", "  ", '"', "title:(a OR", "a AND NOT", "\\", "\x00", "🙂", "*", "/"])
def test_special_characters_are_not_a_syntax_error(shop: Shop, text: str) -> None:
    shop.put(product(1))

    assert shop.page(text).count == (0 if text.strip() else 1)


def test_a_query_without_words_finds_nothing(shop: Shop) -> None:
    shop.put(product(1))

    assert shop.page("!!!").count == 0


def test_a_query_over_the_maximum_length_is_refused(engine: SearchEngine) -> None:
    with pytest.raises(ValueError, match="200 characters"):
        SearchRequest(text="x" * (MAX_QUERY_LENGTH + 1))


def test_a_query_of_the_maximum_length_is_accepted(shop: Shop) -> None:
    shop.put(product(1, "aa bb"))

    assert (
        shop.page(" ".join(f"{first}{second}" for first in "abcde" for second in "fghijklmnopq")[:200]).count
        == 0
    )
