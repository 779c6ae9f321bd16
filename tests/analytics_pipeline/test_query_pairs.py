"""Pairs of queries that led to the same products."""

from datetime import timedelta
from uuid import UUID

from analytics_pipeline import ingest
from analytics_pipeline.events import Carted, Click, Exposure, Record
from analytics_pipeline.query_pairs import PairLimits, query_pairs
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import NOW, id_ago, record

LIMITS = PairLimits(least_shoppers=3, least_products=2, least_lift=1.2)
LISTED = tuple(range(1, 20))


def search(
    query: str, *, shopper: int, products: tuple[int, ...], by: int = 0, days: int = 1, kind: type = Click
) -> list[Record]:
    """Return a list that was shown to a shopper, and the products that `by` (by default the same) chose."""
    key, chooser = UUID(int=shopper), UUID(int=by or shopper)
    shown = Exposure(event_id=id_ago(days=days), surface="search", product_ids=LISTED, query=query)
    chosen = [
        kind(event_id=id_ago(days=days), product_id=each, exposure_id=shown.event_id) for each in products
    ]
    return [record(shown, shopper_key=key), *(record(each, shopper_key=chooser) for each in chosen)]


def test_queries_after_which_shoppers_chose_the_same_products_are_paired(warehouse: Warehouse) -> None:
    shoppers = range(1, 5)
    records = [
        *(each for one in shoppers for each in search("Sofa ", shopper=one, products=(1, 2))),
        *(
            each
            for one in shoppers
            for each in search("couch", shopper=10 + one, products=(1, 2), kind=Carted)
        ),
        *(each for one in shoppers for each in search("vase", shopper=20 + one, products=(5, 6))),
        # Chosen by others, not in the list, by too few shoppers, and too long ago.
        *(each for one in shoppers for each in search("forged", shopper=one, products=(1, 2), by=90 + one)),
        *(each for one in shoppers for each in search("absent", shopper=one, products=(98, 99))),
        *(each for one in range(1, 3) for each in search("rare", shopper=one, products=(1, 2))),
        *(each for one in shoppers for each in search("old", shopper=one, products=(1, 2), days=60)),
    ]
    ingest.load(warehouse, records)

    (pair,) = query_pairs(warehouse, days=30, now=NOW, limits=LIMITS)

    assert (pair.queries, pair.shoppers, pair.common_products) == (("couch", "sofa"), (4, 4), 2)
    # Both queries lead to each of the two products in half of the cases; overall 10 of 28 choices are of each.
    assert pair.lift == 1.4
    assert query_pairs(warehouse, days=30, now=NOW + timedelta(days=60), limits=LIMITS) == []


def test_queries_that_lead_to_what_everybody_chooses_are_not_paired(warehouse: Warehouse) -> None:
    queries = [f"query {number}" for number in range(6)]
    records = [
        each
        for number, query in enumerate(queries)
        for shopper in range(1, 5)
        for each in search(query, shopper=10 * number + shopper, products=(1, 2, 3))
    ]
    ingest.load(warehouse, records)

    assert query_pairs(warehouse, days=30, now=NOW, limits=LIMITS) == []
