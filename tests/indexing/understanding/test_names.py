"""Which brands, categories and attribute values a query names."""

import pytest

from indexing.lexicon.values import NamedValue, ValueKind
from indexing.understanding.names import named_values
from tests.indexing.understanding.evidence import Titles

NECKLACES = NamedValue(ValueKind.CATEGORY, "Jewellery > Necklaces", 50)
SHOES = NamedValue(ValueKind.CATEGORY, "Women > Shoes", 44)
PEPE_JEANS = NamedValue(ValueKind.BRAND, "Pepe Jeans", 30)
JEANS = NamedValue(ValueKind.CATEGORY, "Men > Jeans", 60)
BLUE = NamedValue(ValueKind.ATTRIBUTE, "Blue", 90, "colour")

CATALOGUE = Titles(
    frequencies={"necklac": 60, "shoe": 400, "pepe": 31, "jean": 100, "blue": 100},
    names={
        ("necklac",): (NECKLACES,),
        ("shoe",): (SHOES,),
        ("pepe", "jean"): (PEPE_JEANS,),
        ("jean",): (JEANS,),
        ("blue",): (BLUE,),
    },
)


@pytest.mark.parametrize(
    ("stems", "named"),
    [
        (["gold", "necklac"], (NECKLACES,)),
        (["pepe", "jean"], (PEPE_JEANS,)),
        (["pepe", "jean", "jean"], (PEPE_JEANS, JEANS)),
        (["blue", "jean"], (BLUE, JEANS)),
        ([], ()),
    ],
)
def test_the_longest_names_are_found(stems: list[str], named: tuple[NamedValue, ...]) -> None:
    assert named_values(stems, evidence=CATALOGUE) == named


def test_a_name_that_few_of_the_products_with_the_word_have_is_not_meant() -> None:
    assert named_values(["nike", "shoe"], evidence=CATALOGUE) == ()
