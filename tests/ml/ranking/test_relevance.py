"""Relevance metrics, compared with values computed by hand."""

import math

import pytest

from ml.ranking.relevance import NoRelevantProducts, evaluate, grades_by_query, query_metrics

GRADES = {1: 3, 2: 1, 3: 0}


def test_the_metrics_of_the_ideal_order_are_one() -> None:
    found = query_metrics("lamp", GRADES, [1, 2, 3, 99])

    assert (found.ndcg, found.reciprocal_rank, found.recall) == (1, 1, 1)


def test_gain_increases_with_the_grade_and_decreases_with_the_rank() -> None:
    found = query_metrics("lamp", GRADES, [99, 2, 1])

    expected = (1 / math.log2(3) + 7 / math.log2(4)) / (7 + 1 / math.log2(3))
    assert found.ndcg == pytest.approx(expected)
    assert found.reciprocal_rank == 0.5


def test_products_below_the_last_rank_do_not_count() -> None:
    late = [*range(100, 150), 1]

    found = query_metrics("lamp", GRADES, late)

    assert (found.ndcg, found.reciprocal_rank, found.recall) == (0, 0, 0)


def test_a_pair_judged_several_times_has_its_highest_grade() -> None:
    assert grades_by_query([("lamp", 1, 1), ("lamp", 1, 3), ("lamp", 1, 2)]) == {"lamp": {1: 3}}


def test_queries_without_relevant_products_are_left_out() -> None:
    report = evaluate({"lamp": GRADES, "gnome": {5: 0}}, lambda query: [1])

    assert [each.query for each in report.queries] == ["lamp"]
    assert report.recall == 0.5
    with pytest.raises(NoRelevantProducts):
        evaluate({"gnome": {5: 0}}, lambda query: [])


def test_the_worst_queries_come_first() -> None:
    report = evaluate({"good": GRADES, "bad": GRADES}, lambda query: [1] if query == "good" else [])

    assert [each.query for each in report.queries] == ["bad", "good"]
    assert report.ndcg == pytest.approx(report.queries[1].ndcg / 2)
