"""Interaction logs and matrices, and how they are split."""

import numpy as np
import pytest

from ml.dataset import InteractionLog, Interactions, NothingToSplit, hold_out, split_by_time
from tests.ml.planted import planted_data


def log(*rows: tuple[str, int, str, float]) -> InteractionLog:
    users, items, times, weights = zip(*rows, strict=True)
    return InteractionLog(
        np.array(users),
        np.array(items),
        np.array(times, dtype="datetime64[s]"),
        np.array(weights, np.float32),
    )


def test_a_repeated_pair_counts_once_with_its_highest_weight() -> None:
    pairs = Interactions.of_pairs([1, 1, 2], [5, 5, 6], weights=np.array([0.2, 0.7, 1], np.float32))

    np.testing.assert_allclose(pairs.matrix.toarray(), [[0.7, 0.0], [0.0, 1.0]])


def test_positions_of_unknown_ids_are_minus_one() -> None:
    pairs = Interactions.of_pairs(["b", "a"], [5, 6])

    assert pairs.users.positions(["a", "zz", "b", "0"]).tolist() == [0, -1, 1, -1]
    assert pairs.users.positions([]).tolist() == []


def test_alignment_leaves_out_users_and_items_that_the_other_matrix_lacks() -> None:
    known = Interactions.of_pairs([1, 2], [10, 20])
    other = Interactions.of_pairs([2, 2, 9], [10, 30, 20])

    np.testing.assert_allclose(other.aligned_to(known).toarray(), [[0, 0], [1, 0]])


def test_an_interaction_at_the_time_of_the_split_is_in_the_later_part() -> None:
    rows = log(("a", 1, "2026-01-01", 1), ("a", 2, "2026-01-02", 1), ("b", 3, "2026-01-03", 1))

    before, after = split_by_time(rows, at=np.datetime64("2026-01-02", "s"))

    assert before.items.tolist() == [1]
    assert after.items.tolist() == [2, 3]


@pytest.mark.parametrize("at", ["2025-01-01", "2027-01-01"])
def test_a_split_with_an_empty_side_is_refused(at: str) -> None:
    with pytest.raises(NothingToSplit, match=at):
        split_by_time(log(("a", 1, "2026-01-01", 1)), at=np.datetime64(at, "s"))


def test_weights_halve_with_each_half_life_before_the_last_interaction() -> None:
    rows = log(("a", 1, "2026-01-31", 1), ("a", 2, "2026-01-21", 1), ("a", 3, "2026-01-11", 1))

    pairs = rows.interactions(half_life_days=10)

    np.testing.assert_allclose(pairs.matrix.toarray(), [[1, 0.5, 0.25]])


def test_ages_are_relative_to_the_last_interaction_of_the_log() -> None:
    recent = log(("a", 1, "2026-01-31", 1), ("a", 2, "2026-01-01", 1))
    old = log(("a", 1, "2011-01-31", 1), ("a", 2, "2011-01-01", 1))

    pairs = [rows.interactions(half_life_days=10).matrix.toarray() for rows in (recent, old)]

    np.testing.assert_array_equal(*pairs)


def test_weights_never_decay_to_zero() -> None:
    rows = log(("a", 1, "2026-01-31", 1), ("a", 2, "1996-01-01", 1))

    assert (rows.interactions(half_life_days=1).matrix.data > 0).all()


def test_the_last_active_users_are_those_with_the_latest_interactions() -> None:
    rows = log(
        ("a", 1, "2026-01-01", 1),
        ("b", 1, "2026-01-03", 1),
        ("c", 1, "2026-01-02", 1),
        ("a", 2, "2026-01-04", 1),
    )

    kept = rows.interactions().of_users(rows.last_active(count=2))

    assert kept.users.values.tolist() == ["a", "b"]
    np.testing.assert_array_equal(kept.matrix.toarray(), [[1, 1], [1, 0]])


def test_the_fingerprint_depends_on_the_rows_but_not_on_their_order() -> None:
    first, second = ("a", 1, "2026-01-01", 1.0), ("b", 2, "2026-01-02", 1.0)

    assert log(first, second).fingerprint() == log(second, first).fingerprint()
    assert log(first, second).fingerprint() != log(first, ("b", 2, "2026-01-02", 0.5)).fingerprint()


def test_a_hold_out_splits_each_history_without_loss_or_overlap() -> None:
    data = planted_data()
    whole = data.train.matrix + data.test.matrix

    first, second = hold_out(Interactions(data.train.users, data.train.items, whole), share=0.25, seed=3)

    assert (first.matrix + second.matrix - whole).count_nonzero() == 0
    assert first.matrix.multiply(second.matrix).count_nonzero() == 0
    expected = (np.diff(whole.tocsr().indptr) * 0.25).astype(int)
    assert np.diff(second.matrix.indptr).tolist() == expected.tolist()
