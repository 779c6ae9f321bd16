"""The values of a product that are indexed."""

from decimal import Decimal

import pytest

from indexing.document import selections
from indexing.fields import PRICE
from indexing.indexed_product import MAX_DESCRIPTION_WORDS, flatten
from indexing.mapping import (
    IN_STOCK_BONUS,
    POPULARITY_CEILING,
    POPULARITY_PRIOR,
    parts_of,
    score_factor,
    token,
)
from indexing.schema import CURRENT, EARLIER, IndexSchema
from tests.indexing.builders import category, product, variant


@pytest.mark.parametrize(
    ("schema", "amount", "scaled"),
    [
        (CURRENT, "19.99", 199_900),
        (CURRENT, "1.234", 12_340),
        (CURRENT, "333", 3_330_000),
        (CURRENT, "0.0001", 1),
        (EARLIER[0], "19.99", 1_999),
        (EARLIER[0], "1.234", 123),
    ],
)
def test_an_amount_is_indexed_in_the_units_of_the_schema_version(
    schema: IndexSchema, amount: str, scaled: int
) -> None:
    assert schema.field(PRICE).scaled(Decimal(amount)) == scaled
    assert schema.values(product(1, price=amount))[schema.field(PRICE).name] == scaled


def test_the_parts_of_a_token_are_recovered() -> None:
    assert parts_of(token("colour", "red\x1fish")) == ["colour", "red ish"]


def test_a_category_is_found_by_name_slug_and_path() -> None:
    flat = flatten(product(1, categories=category("Home > Light")), analysis=CURRENT.analysis)

    assert set(flat.category_keys) == {"home", "light", "home-light", "home > light"}


def test_only_the_beginning_of_a_very_long_description_is_indexed() -> None:
    flat = flatten(product(1, description="word " * 10_000), analysis=CURRENT.analysis)

    assert len(flat.text.description.split()) == MAX_DESCRIPTION_WORDS
    assert len(flat.analysed.description.split()) == MAX_DESCRIPTION_WORDS


def test_popularity_and_stock_change_a_score_within_bounds() -> None:
    assert score_factor(popularity=0, in_stock=False) == 1
    assert score_factor(popularity=10**9, in_stock=True) == pytest.approx(
        1 + POPULARITY_PRIOR + IN_STOCK_BONUS
    )
    factors = [score_factor(popularity=each, in_stock=True) for each in (0, 1, 10, POPULARITY_CEILING)]
    assert factors == sorted(set(factors))


def test_a_variant_inherits_attributes_that_it_does_not_set() -> None:
    shirt = product(
        1, attributes={"material": "wool", "colour": "red"}, variants=(variant(1, colour="blue"), variant(2))
    )

    assert [each.attributes for each in selections(shirt)] == [
        {"material": "wool", "colour": "blue"},
        {"material": "wool", "colour": "red"},
    ]
