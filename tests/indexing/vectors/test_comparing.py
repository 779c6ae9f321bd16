"""Products in the order of their words and meaning."""

from dataclasses import replace

import numpy as np
import pytest

from indexing.encoder.model import Vectors
from indexing.ranking.fusion import SCALE
from indexing.vectors.comparing import Compared, Comparison
from indexing.vectors.spread import Spread


def unit(*numbers: float) -> Vectors:
    vector = np.array(numbers, np.float32)
    result: Vectors = vector / np.linalg.norm(vector)
    return result


EAST, NORTH, BETWEEN = unit(1, 0), unit(0, 1), unit(1, 1)
COMPARISON = Comparison(
    query=EAST,
    spread=Spread(np.zeros(2, np.float32), np.eye(2, dtype=np.float32)),
    weight=1.0,
    feedback=0.0,
)


def places(compared: list[Compared]) -> list[int]:
    return [place for place, _, _ in compared]


def test_a_value_is_the_share_of_the_best_score_and_the_closeness() -> None:
    found = COMPARISON.ranked([7, 8], [4.0, 2.0], {7: NORTH, 8: EAST})

    assert [(place, fusion) for place, _, fusion in found] == [(0, (4.0, 0.0, 1.0)), (1, (2.0, 1.0, 1.0))]
    assert [value for _, value, _ in found] == pytest.approx([1.0, 0.5 + 1.0 / SCALE])


def test_a_product_without_a_vector_is_as_close_as_the_middle_one() -> None:
    vectors = {1: EAST, 3: NORTH, 4: BETWEEN}
    found = COMPARISON.ranked([1, 2, 3, 4], [1.0] * 4, vectors)

    assert places(found) == [0, 1, 3, 2]
    (_, value, fusion), (_, middle, _) = found[1:3]
    assert fusion.closeness is None
    assert value == pytest.approx(middle)


def test_without_vectors_words_alone_decide_and_then_the_id() -> None:
    found = replace(COMPARISON, feedback=0.3).ranked([5, 4, 6], [1.0, 1.0, 2.0], {})

    assert [(place, fusion.closeness) for place, _, fusion in found] == [(2, None), (1, None), (0, None)]
    assert COMPARISON.ranked([], [], {}) == []


def test_products_like_the_best_ones_are_closer_with_feedback() -> None:
    scores, vectors = [9.0, 9.0, 9.0, 1.0, 1.0], {1: NORTH, 2: NORTH, 3: NORTH, 4: unit(1, -3), 5: unit(1, 3)}
    without = COMPARISON.ranked([1, 2, 3, 4, 5], scores, vectors)
    feedback = replace(COMPARISON, feedback=0.3).ranked([1, 2, 3, 4, 5], scores, vectors)

    assert places(without) == [0, 1, 2, 3, 4]
    assert places(feedback) == [0, 1, 2, 4, 3]
