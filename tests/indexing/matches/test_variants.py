"""Which variant a search means; the cases of queries are in `variants.md`."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from indexing.document import ProductDocument, VariantDocument
from indexing.filters import Filters
from indexing.matches.variants import matched_variant
from tests.indexing.builders import product, variant
from tests.indexing.matches.planned import terms_of
from tests.markdown_rows import rows_of

CASES = rows_of(Path(__file__).parent / "variants.md")
SHIRT = "TWS-1001-S S Red 399; TWS-1001-M M Blue 900; TWS-1001-L L Blue 800"


def variant_of(written: str, number: int) -> VariantDocument:
    """Return the variant that a cell describes."""
    sku, size, colour, price = written.split()
    made = variant(number, price=Decimal(price), size=size, colour=colour.replace("_", " "))
    return replace(made, sku=sku)


def shirt(variants: str) -> ProductDocument:
    """Return the product with the variants of a cell."""
    each = [variant_of(cell, number) for number, cell in enumerate(variants.split(";"), start=1)]
    return product(1, "Harbour Shirt", variants=tuple(each))


def sku_for(document: ProductDocument, query: str, **filters: Any) -> str:
    """Return the SKU of the variant that a query and filters mean; empty for none."""
    found = matched_variant(document, Filters(**filters).of_variant(), terms_of(query) if query else None)
    return found.sku if found else ""


@pytest.mark.parametrize("case", CASES, ids=[f"{case['query']}: {case['rule']}" for case in CASES])
def test_the_variant_that_a_query_means(case: dict[str, str]) -> None:
    assert sku_for(shirt(case["variants"]), case["query"]) == case["variant"]


@pytest.mark.parametrize(
    ("query", "filters", "sku"),
    [
        pytest.param("", {"attributes": {"colour": ("blue",)}}, "TWS-1001-L", id="the cheapest that passes"),
        pytest.param("m", {"attributes": {"colour": ("blue",)}}, "TWS-1001-M", id="the words among them"),
        pytest.param("shirt m", {"max_price": Decimal(850)}, "TWS-1001-S", id="never one that doesn't pass"),
        pytest.param("", {"attributes": {"colour": ("green",)}}, "", id="none that passes"),
        pytest.param("shirt", {"brands": ("Tidewater",)}, "", id="filters of products don't distinguish"),
    ],
)
def test_words_choose_among_the_variants_that_pass_the_filters(
    query: str, filters: dict[str, Any], sku: str
) -> None:
    assert sku_for(shirt(SHIRT), query, **filters) == sku


def test_an_attribute_of_the_product_is_that_of_variants_without_one() -> None:
    lined = variant_of("TWS-1001-M M Red 900", 2)
    plain = replace(lined, id=1, sku="TWS-1001-P", attributes={"size": "M"})
    document = product(1, "Harbour Shirt", attributes={"colour": "Blue"}, variants=(plain, lined))

    assert sku_for(document, "blue shirt") == "TWS-1001-P"


def test_a_product_without_active_variants_has_none() -> None:
    assert sku_for(product(1, "Harbour Shirt", variants=()), "tws-1001-m") == ""
