"""Marks of a search against judgments: NDCG, MRR and recall over the whole catalogue.

Gain 2^grade less 1, discount log2(rank + 1), what nobody judged counts as grade 0 (Järvelin and Kekäläinen,
"Cumulated gain-based evaluation of IR techniques", 2002; the exponential gain is that of Burges et al.,
"Learning to rank using gradient descent", 2005). Relevant is what has any grade above 0.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

NDCG_DEPTH = 10
MRR_DEPTH = 10
RECALL_DEPTH = 50


class NothingRelevant(ValueError):
    """No query has a relevant product, so that there is nothing to find."""

    def __init__(self) -> None:
        super().__init__("no query has a product with a grade above 0")


Grades = Mapping[int, int]
"""The grades of one query, by product."""
Rank = Callable[[str], Sequence[int]]
"""The products that a search finds for a query, best first; at least RECALL_DEPTH of them if there are."""


@dataclass(frozen=True, slots=True)
class Marks:
    """How well one query was answered, each from 0 to 1."""

    query: str
    ndcg: float
    reciprocal_rank: float
    recall: float


@dataclass(frozen=True, slots=True)
class Report:
    """How well all queries were answered: means, and the queries, worst NDCG first."""

    ndcg: float
    mrr: float
    recall: float
    queries: tuple[Marks, ...]


def judged(rows: Iterable[tuple[str, int, int]]) -> dict[str, dict[int, int]]:
    """Return the grades by query of (query, product, grade); a pair judged twice takes its highest grade."""
    grades: dict[str, dict[int, int]] = {}
    for query, product_id, grade in rows:
        known = grades.setdefault(query, {})
        known[product_id] = max(grade, known.get(product_id, 0))
    return grades


def evaluate(judgments: Mapping[str, Grades], rank: Rank) -> Report:
    """Return the marks of `rank` over all queries with a relevant product.

    Raises NothingRelevant if there is none.
    """
    marks = [
        marks_of(query, grades, rank(query)) for query, grades in judgments.items() if any(grades.values())
    ]
    if not marks:
        raise NothingRelevant
    return Report(
        ndcg=math.fsum(each.ndcg for each in marks) / len(marks),
        mrr=math.fsum(each.reciprocal_rank for each in marks) / len(marks),
        recall=math.fsum(each.recall for each in marks) / len(marks),
        queries=tuple(sorted(marks, key=lambda each: (each.ndcg, each.query))),
    )


def marks_of(query: str, grades: Grades, ranking: Sequence[int]) -> Marks:
    """Return the marks of one ranking."""
    relevant = {product_id for product_id, grade in grades.items() if grade > 0}
    found = [grades.get(product_id, 0) for product_id in ranking]
    best = sorted(grades.values(), reverse=True)
    first = next((place for place, grade in enumerate(found[:MRR_DEPTH], start=1) if grade > 0), None)
    return Marks(
        query,
        ndcg=_gain(found[:NDCG_DEPTH]) / _gain(best[:NDCG_DEPTH]),
        reciprocal_rank=1 / first if first else 0.0,
        recall=len(relevant.intersection(ranking[:RECALL_DEPTH])) / len(relevant),
    )


def _gain(grades: Sequence[int]) -> float:
    return math.fsum((2**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades, start=1))
