"""Sessions: how they are made of views, which views count, and when they have a model of their own."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ml import contest, session_audience
from ml.contest import TimeSplit
from ml.dataset import InteractionLog
from ml.gates import Gate, Outcome, stored_verdicts
from ml.models.session_knn import SessionKnn
from ml.product_pages import Pages
from ml.registry import Registry
from ml.session_audience import FOLD_IN, SessionChoice
from ml.session_index import SessionIndex
from ml.sessions import Sessions, Views, trusted
from ml.train import train
from ml.training_data import TrainingData
from ml.trust import LIMITS, Learned
from tests.ml.planted import planted_catalogue
from tests.ml.planted_log import PRODUCTS, planted_log

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = 60_000
DAY = 24 * 60 * MINUTE


def views(
    *rows: tuple[str, int, int], sources: NDArray[np.uint64] | None = None, arrived: int | None = None
) -> Views:
    """Return views: shopper, product and minute of each."""
    shoppers, items, minutes = zip(*rows, strict=True)
    times = np.array(minutes, np.int64) * MINUTE
    return Views(
        np.array(shoppers, "S36"),
        np.array(items, np.int64),
        times,
        times if arrived is None else np.full(len(times), arrived),
        np.zeros(len(rows), np.uint64) if sources is None else sources,
    )


def products(sessions: Sessions) -> list[list[int]]:
    return [sessions.sequences.items.values[one].tolist() for one in sessions.sequences]


def test_a_session_ends_after_thirty_minutes_and_has_at_least_two_views() -> None:
    found = Sessions.of(
        views(("a", 1, 0), ("b", 7, 1), ("a", 2, 30), ("b", 8, 5), ("a", 3, 61), ("b", 7, 6), ("a", 4, 62))
    )

    assert products(found) == [[7, 8, 7], [1, 2], [3, 4]]
    assert found.began.astype(np.int64).tolist() == [60, 0, 61 * 60]
    assert found.ended.astype(np.int64).tolist() == [6 * 60, 30 * 60, 62 * 60]
    assert products(found.where(np.array([True, False, True]))) == [[7, 8, 7], [3, 4]]
    assert products(Sessions.empty()) == []


def test_the_fingerprint_depends_on_products_and_their_order() -> None:
    one = Sessions.of(views(("a", 1, 0), ("a", 2, 1)))

    assert one.fingerprint() == Sessions.of(views(("b", 1, 0), ("b", 2, 1))).fingerprint()
    assert one.fingerprint() != Sessions.of(views(("a", 2, 0), ("a", 1, 1))).fingerprint()
    assert one.fingerprint() != Sessions.of(views(("a", 1, 0), ("a", 3, 1))).fingerprint()
    assert one.fingerprint() != Sessions.empty().fingerprint()


def learned(*shoppers: str, is_young_shop: bool = False) -> Learned:
    """Return trust in these shoppers."""
    users = np.array(shoppers, "S36")
    log = InteractionLog(
        users,
        np.ones(len(users), np.int64),
        np.zeros(len(users), "datetime64[s]"),
        np.ones(len(users), np.float32),
    )
    return Learned(log, len(users), len(users), is_young_shop, {})


def test_views_of_shoppers_without_trust_are_left_out() -> None:
    found = trusted(
        views(("a", 1, 0), ("forged", 2, 0), ("a", 3, 1)), trust=learned("a"), proven=[b"a"], limits=LIMITS
    )

    assert found.items.tolist() == [1, 3]


def test_a_shopper_is_learned_from_within_the_limit_of_a_day() -> None:
    many = [("a", product, 1) for product in range(1, 151)] + [("a", 999, DAY // MINUTE)]

    found = trusted(views(*many), trust=learned("a"), proven=[b"a"], limits=LIMITS)

    assert found.items.tolist() == [*range(1, 101), 999]


def test_the_guests_of_a_network_count_as_much_as_three_for_a_product() -> None:
    guests = [f"g{number}" for number in range(20)]
    rows = [(guest, 5, 0) for guest in guests] + [("buyer", 5, 0)]
    sources = np.full(len(rows), 9, np.uint64)
    trust = learned(*guests, "buyer", is_young_shop=True)

    found = trusted(views(*rows, sources=sources), trust=trust, proven=[b"buyer"], limits=LIMITS)

    assert found.shoppers.tolist() == [b"g0", b"g1", b"g2", b"buyer"]


def test_views_of_shoppers_without_a_purchase_are_limited_by_those_of_buyers() -> None:
    guests = [f"g{number}" for number in range(20)]
    rows = [(guest, product, 0) for guest in guests for product in (5, 6)]
    rows += [("buyer", 5, 0)] * 4
    trust = learned(*guests, "buyer")

    found = trusted(views(*rows), trust=trust, proven=[b"buyer"], limits=LIMITS)

    assert (found.items == 5).sum() == 4 + 2 * 4 + 3
    assert (found.items == 6).sum() == 3


def walks(*, taught: bool, count: int = 1_500) -> Sessions:
    """Return walks on a circle of products, or views of unrelated products, in 60 days."""
    rng = np.random.default_rng(8)
    rows = []
    for number in range(count):
        length = int(rng.integers(2, 7))
        first = rng.integers(PRODUCTS)
        places = first + np.arange(length) if taught else rng.integers(0, PRODUCTS, length)
        begins = int(rng.integers(0, 60 * DAY // MINUTE))
        begins += int(np.datetime64("2026-01-01", "m").astype(int))
        rows += [(f"s{number}", int(place % PRODUCTS), begins + step) for step, place in enumerate(places)]
    return Sessions.of(views(*sorted(rows, key=lambda row: row[2])))


@pytest.fixture(scope="module")
def split() -> TimeSplit:
    splits = contest.split_in_three(planted_log(), planted_catalogue(PRODUCTS))
    assert splits is not None
    return splits[1]


def decided(split: TimeSplit | None, sessions: Sessions) -> SessionChoice:
    hybrid = contest.default_outcome().hybrid
    return session_audience.decide(hybrid, split, sessions=sessions, pages=Pages())


def outcomes(choice: SessionChoice) -> dict[str, Outcome]:
    return {one.gate: one.outcome for one in choice.verdicts}


def test_sessions_with_an_order_have_a_model_that_surely_beats_the_lists(split: TimeSplit) -> None:
    choice = decided(split, walks(taught=True))

    assert choice.passed
    assert {one.audience for one in choice.verdicts} == {"session"}
    assert {one.segment for one in choice.verdicts if one.gate is Gate.NO_SEGMENT_COLLAPSES} == {
        "prefix 1",
        "prefix 2-3",
        "prefix over 3",
    }
    measured = choice.measured
    assert measured["session_knn"]["mrr@20"] > 0.3 > 2 * measured[FOLD_IN]["mrr@20"]
    assert measured["session_knn"]["precision@20"] > measured["popularity"]["precision@20"]


def test_sessions_without_an_order_keep_the_lists(split: TimeSplit) -> None:
    choice = decided(split, walks(taught=False))

    assert outcomes(choice)[Gate.BEATS_LISTS] is Outcome.FAILED
    assert choice.arrays(walks(taught=False)) == {}


@pytest.mark.parametrize("sessions", [walks(taught=True, count=60), Sessions.empty()])
def test_a_few_sessions_show_nothing(split: TimeSplit, sessions: Sessions) -> None:
    for of in (split, None):
        choice = decided(of, sessions)
        assert outcomes(choice) == {Gate.ENOUGH_USERS: Outcome.NOT_MEASURABLE}
        assert not choice.passed


def test_a_version_has_the_index_of_all_sessions_and_predicts_as_it_was_fitted(tmp_path: Path) -> None:
    sessions, log = walks(taught=True), planted_log()
    data = TrainingData(log, planted_catalogue(PRODUCTS), NOW, log, sessions=sessions)

    version = train(data, registry=Registry(tmp_path), now=NOW)

    manifest = version.manifest
    assert [one for one in stored_verdicts(manifest) or () if one.audience == "session"]
    stored = SessionIndex.of(version.arrays("sessions"), parameters=manifest["sessions"]["parameters"])
    fitted = SessionKnn().fit(sessions.sequences)
    for session in list(sessions.sequences)[:100]:
        for found, expected in zip(stored.next(session), fitted.next(session), strict=True):
            np.testing.assert_array_equal(found, expected)
        items, scores = stored.best(session, k=10)
        assert scores.tolist() == np.sort(fitted.next(session)[1])[::-1][:10].tolist()
        assert len(set(items.tolist())) == len(items)
