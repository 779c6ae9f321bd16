"""The generated history of a shop: its vocabulary, products, customers and behaviour."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from analytics_pipeline import uuid7
from demo import vocabulary
from demo.behaviour import PAGE
from demo.catalogue import charm_price
from demo.lists import NOTHING
from demo.populate import History, generate_history
from demo.shoppers import AREA_CODES, FICTIONAL, fictional_phone
from tests.demo.conftest import SMALL


def test_every_category_has_enough_words_for_different_titles() -> None:
    words = vocabulary.load()
    assert len(words.leaves) >= 40
    assert 6 <= len({leaf.department for leaf in words.leaves}) <= 10
    for leaf in words.leaves:
        titles = len(leaf.brands) * len(leaf.kinds) * len(leaf.nouns) * len(leaf.materials)
        assert titles >= 60, leaf.path
        assert leaf.price[0] < leaf.price[1]
        assert len(leaf.features) >= 2
        assert all(len(axis.values) == len(axis.weights) == len(axis.steps) for axis in leaf.axes)


def test_a_brand_belongs_to_one_department() -> None:
    brands = {(brand, leaf.department) for leaf in vocabulary.load().leaves for brand in leaf.brands}
    assert max(Counter(brand for brand, _ in brands).values()) == 1


def test_demand_of_a_season_is_highest_at_its_peak_and_continues_across_new_year() -> None:
    season = vocabulary.Season(peak=5, width=20, height=3.0)
    assert season.demand(5) == pytest.approx(3.0)
    assert season.demand(364) == pytest.approx(season.demand(11))
    assert season.demand(190) == pytest.approx(1.0)


def test_the_same_plan_generates_the_same_shop_and_another_seed_a_different_one(history: History) -> None:
    again = generate_history(SMALL)
    assert again.shop.assortment.products == history.shop.assortment.products
    assert again.shop.population.keys == history.shop.population.keys
    assert again.exposures == history.exposures
    assert np.array_equal(again.behaviour.clicks.seconds, history.behaviour.clicks.seconds)
    assert (
        generate_history(replace(SMALL, seed=4)).shop.assortment.products != history.shop.assortment.products
    )


def test_skus_and_references_are_unique_and_prices_have_usual_endings(history: History) -> None:
    products = history.shop.assortment.products
    skus = [variant.sku for product in products for variant in product.variants]
    assert len(set(skus)) == len(skus)
    assert len({product.reference for product in products}) == SMALL.products
    assert [str(charm_price(amount)) for amount in (0.2, 12.34, 151.0)] == ["1.90", "12.90", "149.00"]


def test_all_phone_numbers_are_fictional() -> None:
    numbers = [fictional_phone(number) for number in range(len(AREA_CODES) * FICTIONAL)]
    assert len(set(numbers)) == len(numbers)
    assert all("5550100" <= number[5:] <= "5550199" for number in numbers)


def test_all_behaviour_is_between_the_beginning_and_now(history: History) -> None:
    end = (SMALL.now - SMALL.begins_at).total_seconds()
    assert history.behaviour.shown.seconds.min() >= 0
    assert history.behaviour.clicks.seconds.max() < end


def test_a_click_is_on_a_product_of_its_list(history: History) -> None:
    clicks, shown = history.behaviour.clicks, history.behaviour.shown
    assert np.array_equal(shown.products[clicks.shown, clicks.places], clicks.products)
    assert (clicks.products != NOTHING).all()
    assert (clicks.places < PAGE).all()


def test_a_list_contains_a_product_once_and_not_before_its_launch(history: History) -> None:
    shown = history.behaviour.shown
    for seconds, row in zip(shown.seconds, shown.products, strict=True):
        products = row[row != NOTHING]
        assert len(set(products)) == len(products)
        assert (history.shop.assortment.launched[products] * 86_400 <= seconds).all()


def test_only_customers_add_products_to_carts(history: History) -> None:
    clicks, shown = history.behaviour.clicks, history.behaviour.shown
    customers = len(history.shop.population.customers)
    shoppers = shown.shoppers[clicks.shown]
    assert (shoppers >= customers).any()
    assert clicks.ordered.any()
    assert (shoppers[clicks.added] < customers).all()


def test_shoppers_prefer_products_of_their_styles(history: History) -> None:
    clicks, shown, shop = history.behaviour.clicks, history.behaviour.shown, history.shop
    styles, preferences = shop.assortment.styles, shop.population.styles
    clicked = (styles[clicks.products] * preferences[shown.shoppers[clicks.shown]]).sum(axis=1)
    lists, places = np.nonzero(shown.products != NOTHING)
    offered = (styles[shown.products[lists, places]] * preferences[shown.shoppers[lists]]).sum(axis=1)
    assert clicked.mean() > offered.mean() + 0.5 * offered.std()


def test_demand_for_presents_is_highest_before_christmas() -> None:
    year = generate_history(
        replace(SMALL, customers=600, days=150, now=datetime(2026, 12, 20, 12, tzinfo=UTC))
    )
    seasons = [leaf.season for leaf in year.shop.vocabulary.leaves]
    festive = np.array([season is not None and 330 < season.peak < 360 for season in seasons])
    festive_clicks = festive[year.shop.assortment.leaves[year.behaviour.clicks.products]]
    day = year.behaviour.clicks.seconds // 86_400
    assert festive_clicks[day > 130].mean() > 1.5 * festive_clicks[day < 60].mean()


def test_exposure_ids_are_uuid7_with_their_times(history: History) -> None:
    assert uuid7.are_all(history.exposures)
    for identity, seconds in zip(history.exposures, history.behaviour.shown.seconds, strict=True):
        moment = datetime.fromtimestamp((identity.int >> 80) / 1_000, UTC)
        assert abs(moment - (SMALL.begins_at + timedelta(seconds=float(seconds)))) < timedelta(milliseconds=2)
    assert len(set(history.exposures)) == len(history.exposures)
