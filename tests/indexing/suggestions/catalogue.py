"""A small catalogue, and the queries of its shoppers."""

from indexing.suggestions.building import CatalogueProduct, build
from indexing.suggestions.dictionary import SuggestionDictionary
from indexing.suggestions.statistics import QueryStatistic

CHRISTMAS = (("Christmas", "christmas"),)
PRODUCTS = (
    CatalogueProduct("CHRISTMAS LIGHTS, warm", category_path=(*CHRISTMAS, ("Lights", "christmas-lights"))),
    CatalogueProduct("Christmas lights, cold", category_path=CHRISTMAS),
    CatalogueProduct("Christmas tree star", "Chrome & Co", CHRISTMAS),
    CatalogueProduct("Christmas tree stand", "Chrome & Co", CHRISTMAS),
    CatalogueProduct("Set of 3 christmas cards", "CHROME & CO"),
    CatalogueProduct("Chopping board of oak"),
    CatalogueProduct("Chopping board of beech"),
    CatalogueProduct("Oak chopping board, large"),
    CatalogueProduct("Brass kettle with copper handle"),
    CatalogueProduct("Xylophone"),
)
QUERIES = (
    QueryStatistic("christmas gifts", shoppers=12, score=40.0, recent=30.0, before=5.0),
    QueryStatistic("christmas cards", shoppers=9, score=20.0, recent=2.0, before=2.0),
)


def dictionary() -> SuggestionDictionary:
    """Return the dictionary of the catalogue and the queries."""
    return build(PRODUCTS, queries=QUERIES)
