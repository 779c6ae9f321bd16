"""Search metrics against relevance judgments: NDCG, MRR and recall over the whole catalogue.

Gain 2^grade - 1, discount log2(rank + 1); unjudged products have grade 0 (Järvelin and Kekäläinen, "Cumulated
gain-based evaluation of IR techniques", 2002; the exponential gain is that of Burges et al., "Learning to
rank using gradient descent", 2005). A product is relevant if its grade is above 0.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

NDCG_DEPTH = 10
MRR_DEPTH = 10
RECALL_DEPTH = 50


class NoRelevantProducts(ValueError):
    """No query has a relevant product."""

    def __init__(self) -> None:
        super().__init__("no query has a product with a grade above 0")


Grades = Mapping[int, float]
"""The grades of one query, by product; means of several judges have fractions."""
Rank = Callable[[str], Sequence[int]]
"""The products found for a query, best first: at least RECALL_DEPTH of them if the search finds so many."""


@dataclass(frozen=True, slots=True)
class QueryMetrics:
    """Metrics of one query, each from 0 to 1."""

    query: str
    ndcg: float
    reciprocal_rank: float
    recall: float


@dataclass(frozen=True, slots=True)
class RelevanceReport:
    """Means over all queries, and the queries with the worst NDCG first."""

    ndcg: float
    mrr: float
    recall: float
    queries: tuple[QueryMetrics, ...]


def grades_by_query(rows: Iterable[tuple[str, int, float]]) -> dict[str, dict[int, float]]:
    """Return the grades in (query, product, grade) by query; a pair judged twice gets its highest grade."""
    grades: dict[str, dict[int, float]] = {}
    for query, product_id, grade in rows:
        known = grades.setdefault(query, {})
        known[product_id] = max(grade, known.get(product_id, 0))
    return grades


def evaluate(judgments: Mapping[str, Grades], rank: Rank) -> RelevanceReport:
    """Return the metrics of `rank` over all queries with a relevant product.

    Raises:
        NoRelevantProducts: no query has one.
    """
    found = [
        query_metrics(query, grades, rank(query))
        for query, grades in judgments.items()
        if any(grades.values())
    ]
    if not found:
        raise NoRelevantProducts
    return RelevanceReport(
        ndcg=math.fsum(each.ndcg for each in found) / len(found),
        mrr=math.fsum(each.reciprocal_rank for each in found) / len(found),
        recall=math.fsum(each.recall for each in found) / len(found),
        queries=tuple(sorted(found, key=lambda each: (each.ndcg, each.query))),
    )


def query_metrics(query: str, grades: Grades, ranking: Sequence[int]) -> QueryMetrics:
    """Return the metrics of one ranking."""
    relevant = {product_id for product_id, grade in grades.items() if grade > 0}
    ranked_grades = [grades.get(product_id, 0) for product_id in ranking]
    best = sorted(grades.values(), reverse=True)
    first = next((place for place, grade in enumerate(ranked_grades[:MRR_DEPTH], start=1) if grade > 0), None)
    return QueryMetrics(
        query,
        ndcg=_gain(ranked_grades[:NDCG_DEPTH]) / _gain(best[:NDCG_DEPTH]),
        reciprocal_rank=1 / first if first else 0.0,
        recall=len(relevant.intersection(ranking[:RECALL_DEPTH])) / len(relevant),
    )


def _gain(grades: Sequence[float]) -> float:
    return math.fsum((2**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades, start=1))
