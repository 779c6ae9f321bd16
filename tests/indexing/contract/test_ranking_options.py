"""Each ranking option changes the order or the matches that it describes, on both engines."""

from dataclasses import replace

from indexing.page import Matched
from indexing.ranking import DEFAULT_RANKING
from tests.indexing.builders import product, variant
from tests.indexing.shop import Shop


def test_without_a_phrase_boost_adjacent_words_have_no_advantage(shop: Shop) -> None:
    shop.put(product(1, "Rack of iron for your wine"), product(2, "Iron wine rack for your home"))

    assert shop.ids("wine rack") == [2, 1]
    assert shop.ids("wine rack", ranking=replace(DEFAULT_RANKING, phrase_boost=0.0)) == [1, 2]


def test_without_an_exact_form_boost_words_with_the_same_stem_are_equal(shop: Shop) -> None:
    shop.put(product(1, "Green glass"), product(2, "Green glasses"))

    assert shop.ids("glasses") == [2, 1]
    assert shop.ids("glasses", ranking=replace(DEFAULT_RANKING, exact_form_boost=0.0)) == [1, 2]


def test_results_are_relaxed_only_below_the_given_number_of_products(shop: Shop) -> None:
    shop.put(product(1, "Red dress"), product(2, "Red dress"), product(3, "Red shoes"))

    relaxed = shop.page("red dress", ranking=replace(DEFAULT_RANKING, relax_below=3))
    strict = shop.page("red dress", ranking=replace(DEFAULT_RANKING, relax_below=2))

    assert ([hit.product.id for hit in relaxed.hits], relaxed.matched) == ([1, 2, 3], Matched.ANY)
    assert ([hit.product.id for hit in strict.hits], strict.matched) == ([1, 2], Matched.ALL)


def test_a_satisfied_need_outweighs_frequent_words_by_its_score(shop: Shop) -> None:
    shop.put(product(1, "Dress dress dress"), product(2, "A red and quite formal evening dress"))

    assert shop.ids("red dress") == [2, 1]
    low, high = (
        shop.page("red dress", ranking=replace(DEFAULT_RANKING, satisfied_need_score=score)).hits
        for score in (0.0, 100.0)
    )
    assert high[0].score - high[1].score > low[0].score - low[1].score + 90


def test_without_corrections_a_misspelt_word_finds_nothing(shop: Shop) -> None:
    shop.put(product(1, "Lantern"))
    shop.learn()

    assert shop.ids("lanturn") == [1]
    assert shop.ids("lanturn", ranking=replace(DEFAULT_RANKING, corrects_spelling=False)) == []


def test_without_joins_and_splits_a_compound_is_found_only_as_written(shop: Shop) -> None:
    shop.put(product(1, "Lunch box"), product(2, "Macbook sleeve"))
    shop.learn()
    apart = replace(DEFAULT_RANKING, joins_and_splits_words=False)

    assert (shop.ids("lunchbox"), shop.ids("mac book")) == ([1], [2])
    assert (shop.ids("lunchbox", ranking=apart), shop.ids("mac book", ranking=apart)) == ([], [])


def test_without_codes_a_model_number_is_found_only_as_written(shop: Shop) -> None:
    shop.put(product(1, "Headphones WH-1000XM4"))
    as_written = replace(DEFAULT_RANKING, finds_codes=False)

    assert (shop.ids("WH-1000XM4"), shop.ids("wh1000xm4"), shop.ids("1000xm")) == ([1], [1], [1])
    assert shop.ids("WH-1000XM4", ranking=as_written) == [1]
    assert shop.ids("1000xm", ranking=as_written) == []


def test_without_the_factor_popularity_and_stock_do_not_order_equal_matches(shop: Shop) -> None:
    shop.put(
        product(1, "Brass lantern", variants=(variant(1, available=0),)),
        product(2, "Brass lantern"),
        product(3, "Brass lantern", popularity=900),
    )

    assert shop.ids("lantern") == [3, 2, 1]
    assert shop.ids("lantern", ranking=replace(DEFAULT_RANKING, weighs_popularity_and_stock=False)) == [
        1,
        2,
        3,
    ]
