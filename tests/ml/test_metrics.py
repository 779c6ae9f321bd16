"""Metrics of recommendation lists."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from ml.metrics import mean_metrics
from ml.top import top


def chosen_matrix(*rows: set[int], items: int = 6) -> csr_array:
    dense = np.zeros((len(rows), items), np.float32)
    for number, row in enumerate(rows):
        dense[number, list(row)] = 1
    return csr_array(dense)


def test_metrics_of_a_list_equal_those_computed_by_hand() -> None:
    ranked = np.array([[3, 0, 1]])

    found = mean_metrics(ranked, chosen_matrix({0, 1, 4, 5}), sizes=np.array([4]))

    assert found.recall == pytest.approx(2 / 4)
    assert found.mrr == pytest.approx(1 / 2)
    gained = 1 / np.log2(3) + 1 / np.log2(4)
    assert found.ndcg == pytest.approx(gained / (1 + 1 / np.log2(3) + 1 / np.log2(4)))
    assert found.coverage == pytest.approx(3 / 6)


def test_a_list_longer_than_the_chosen_items_can_have_an_ndcg_of_one() -> None:
    assert mean_metrics(np.array([[2, 0, 1]]), chosen_matrix({2}), sizes=np.array([1])).ndcg == pytest.approx(
        1
    )


def test_chosen_items_without_a_column_count_as_missed() -> None:
    assert mean_metrics(np.array([[2, 0]]), chosen_matrix({2}), sizes=np.array([2])).recall == pytest.approx(
        0.5
    )


def test_padding_is_not_a_hit() -> None:
    found = mean_metrics(np.array([[-1, -1], [0, -1]]), chosen_matrix({5}, {5}), sizes=np.array([1, 1]))

    assert (found.recall, found.ndcg, found.mrr) == (0, 0, 0)


def test_the_highest_scores_come_first_and_ties_are_in_column_order() -> None:
    scores = np.array([[1, 5, -np.inf, 5, 2]], np.float32)

    assert top(scores, k=4).tolist() == [[1, 3, 4, 0]]
    assert top(scores, k=6).tolist() == [[1, 3, 4, 0, -1, -1]]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_vectorised_metrics_equal_a_plain_loop(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.random((7, 15)).astype(np.float32)
    chosen = [set(rng.choice(15, rng.integers(1, 9), replace=False).tolist()) for _ in range(7)]
    recalls, ndcgs, ranks = [], [], []
    for row, wanted in zip(scores, chosen, strict=True):
        order = np.argsort(-row, kind="stable")[:k].tolist()
        found = [rank for rank, item in enumerate(order) if item in wanted]
        recalls.append(len(found) / len(wanted))
        ideal = sum(1 / np.log2(rank + 2) for rank in range(min(k, len(wanted))))
        ndcgs.append(sum(1 / np.log2(rank + 2) for rank in found) / ideal)
        ranks.append(1 / (found[0] + 1) if found else 0)

    sizes = np.array([len(wanted) for wanted in chosen])
    result = mean_metrics(top(scores, k=k), chosen_matrix(*chosen, items=15), sizes=sizes)

    assert result.recall == pytest.approx(np.mean(recalls))
    assert result.ndcg == pytest.approx(np.mean(ndcgs))
    assert result.mrr == pytest.approx(np.mean(ranks))
