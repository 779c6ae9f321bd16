"""Models of sequences on planted data: browsing sessions and baskets, and their evaluation commands."""

from pathlib import Path

import numpy as np
import pytest

from ml import evaluate_baskets, evaluate_sessions
from ml.baskets import Baskets
from ml.metrics import hits
from ml.models.buy_again import BuyAgain, FittedBuyAgain, choose
from ml.models.ranked_basket import FittedRankedBasket, RankedBasket
from ml.models.recipe import InvalidParameter
from ml.models.session_knn import SessionKnn
from ml.sequences import Sequences
from ml.top import top


def planted_sessions(*, seed: int, count: int) -> list[list[str]]:
    """Return walks on a circle of 60 items; each step goes to the next item, or back to the one before."""
    rng = np.random.default_rng(seed)
    walks = []
    for _ in range(count):
        steps = rng.choice([1, 1, 1, -1], size=rng.integers(2, 6))
        walks.append(
            [str(place % 60) for place in rng.integers(60) + np.concatenate(([0], np.cumsum(steps)))]
        )
    return walks


def test_the_scores_of_session_knn_equal_the_published_formula() -> None:
    sessions = [["a", "b", "c"], ["b", "d"], ["c", "a", "d", "e"], ["f", "g"]]
    model = SessionKnn()
    fitted = model.fit(Sequences.of(sessions))
    prefix = fitted.positions_of(np.array(["b", "a"]))
    df = {item: sum(item in one for one in sessions) for item in "abcdefg"}
    expected = dict.fromkeys("abcdefg", 0.0)
    for number, one in enumerate(sessions):
        shared = [item for item in "ba" if item in one]
        if not shared:
            continue
        weight = sum(np.exp(-"ab".index(item) / 2) * np.log(4 / df[item]) ** 4 for item in shared)
        value = (weight * len(one) ** -0.25 * np.exp(-(4 - number) / 4)) ** 1.2
        value *= np.exp(-"ab".index(shared[-1]) / 6)
        link = one.index(shared[-1])
        for place, item in enumerate(one):
            expected[item] += value * np.exp(-max(abs(place - link) - 1, 0) / 6)
    scores = {
        item: value * np.log(4 / df[item]) * (2.5 if item == "b" else 1) for item, value in expected.items()
    }

    items, values = fitted.next(prefix)

    assert dict(zip(fitted.items[items], values, strict=True)) == pytest.approx(
        {item: value for item, value in scores.items() if value}
    )


def test_session_knn_predicts_the_next_step_of_planted_walks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train, test = tmp_path / "train.txt", tmp_path / "test.txt"
    train.write_text("".join(f"{' '.join(one)}\n" for one in planted_sessions(seed=1, count=400)))
    test.write_text(
        "".join(f"{' '.join(one)}\n" for one in planted_sessions(seed=2, count=40)) + "new 3\n3 new\n"
    )

    assert evaluate_sessions.main(["--train", str(train), "--test", str(test), "--k", "5"]) == 0

    printed = dict(line.rsplit(maxsplit=1) for line in capsys.readouterr().out.splitlines()[-2:])
    # Both neighbours on the circle are among five items; by chance 8 % would be.
    assert float(printed["P@5"]) > 0.9
    assert float(printed["MRR@5"]) > 0.4


def test_an_empty_or_unknown_prefix_has_no_next_item() -> None:
    fitted = SessionKnn().fit(Sequences.of([["a", "b"], ["c", "d"]]))

    assert len(fitted.next(np.array([], dtype=np.int64))[0]) == 0
    assert len(fitted.next(np.array([-1, -1]))[0]) == 0


def test_only_an_items_latest_sessions_are_searched() -> None:
    train = Sequences.of([["a", "old"], ["a", "new"], ["x", "y"]])

    items, _ = SessionKnn(sessions_kept=1).fit(train).next(train.items.positions(["a"]))

    assert set(train.items.values[items]) == {"a", "new"}


PLANTED_BASKETS = "".join(
    f"s{number}\tg{number % 4} p{number};g{number % 4} p{number} q{number}\n" for number in range(60)
)


def test_a_basket_is_predicted_from_own_and_similar_shoppers_purchases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train, test = tmp_path / "train.txt", tmp_path / "test.txt"
    train.write_text(PLANTED_BASKETS)
    baskets = {number: f"g{number % 4} q{number}" for number in range(60)}
    # Something in two baskets counts once; each unknown item is a miss.
    baskets |= {0: "g0 q0;q0", 1: "g1 q1 new other;new"}
    test.write_text(
        "".join(f"s{number}\t{one}\n" for number, one in baskets.items()) + "x\tg1\n\ns2\t\n \t\n"
    )

    assert evaluate_baskets.main(["--train", str(train), "--test", str(test), "--k", "3"]) == 0

    out = capsys.readouterr().out
    assert "test         60 shoppers" in out
    assert f"Recall@3     {(59 + 2 / 4) / 60:.4f}" in out
    alike = Baskets.of([("1", [["a", "b"]]), ("2", [["a", "b"], ["c"]]), ("3", [["d", "e"]])])
    scores = BuyAgain(neighbours=2).fit(alike).score(alike)
    assert set(alike.items.values[top(scores, k=3)[0]]) == {"a", "b", "c"}


def test_the_share_of_own_purchases_is_chosen_on_the_last_baskets() -> None:
    rng = np.random.default_rng(4)
    usual = [[f"p{n}-{place}" for place in range(6)] for n in range(120)]
    # What is bought once beside the usual things is common to all shoppers.
    loyal = [
        (str(n), [[*usual[n], *(f"g{item}" for item in rng.choice(30, 6))] for _ in range(3)] + [usual[n]])
        for n in range(120)
    ]
    # Groups of twelve buy the same five things, each of them once.
    alike = [(str(n), [[f"g{n // 12}t{(n + step) % 5}"] for step in range(4)]) for n in range(120)]
    recipe = BuyAgain(neighbours=20)

    assert choose(Baskets.of(alike), recipe=recipe).own == 0.1
    assert choose(Baskets.of(loyal[:50]), recipe=recipe) == recipe
    assert choose(Baskets.of(loyal), recipe=recipe).own >= 0.3
    # One thing is bought each time, and what the group buys fills the longer list.
    both = [
        (
            str(n),
            [
                [f"p{n}", f"p{n}b"],
                *(
                    [f"p{n}", *(f"g{n // 12}t{(n + step) % 5}" for step in steps)]
                    for steps in ((0, 1), (2, 3))
                ),
            ],
        )
        for n in range(120)
    ]
    assert choose(Baskets.of(both), recipe=recipe, k=1).own >= 0.3
    assert choose(Baskets.of(both), recipe=recipe, k=10).own == 0.1


def test_neighbours_and_decay_are_chosen_unless_they_are_given() -> None:
    """Each shopper's taste changes for good at a basket that differs: only what is new is bought again."""
    rng = np.random.default_rng(5)
    histories = Baskets.of(
        [
            (
                str(n),
                [[f"old{n}-{place}" for place in range(4)]] * 6
                + [[f"new{n}-{place}" for place in range(4)]] * int(rng.integers(2, 4)),
            )
            for n in range(120)
        ]
    )
    recipe = BuyAgain(decay=1, neighbours=20)

    assert choose(histories, recipe=recipe, k=4).decay < 1
    kept = choose(histories, recipe=recipe, k=4, given=["decay", "neighbours"])
    assert (kept.decay, kept.neighbours) == (1, 20)


CYCLES = [
    (
        f"s{n}",
        [
            [f"often{n}", *([f"rare{n}"] if (place + n) % 4 == 0 else []), f"once{n}-{place}"]
            for place in range(12)
        ],
    )
    for n in range(160)
]


def test_ranked_baskets_know_when_an_item_is_due() -> None:
    """An item that is bought each fourth time isn't bought twice in a row, however recent it is."""
    histories = Baskets.of(CYCLES)
    earlier, last = histories.split_last()
    fitted = RankedBasket(trees=40).fit(earlier)
    assert isinstance(fitted, FittedRankedBasket)

    scores = fitted.score(earlier)

    numbers = np.arange(len(CYCLES))
    rows = earlier.ids.positions([f"s{n}" for n in numbers])
    rare = scores[rows, earlier.items.positions([f"rare{n}" for n in numbers])]
    due = (11 + numbers) % 4 == 0
    assert rare[due].min() > rare[~due].max()
    ranked = top(scores, k=2)
    assert hits(ranked, last.weighted(np.ones(len(last.shoppers))))[rows[due]].all()


def test_few_histories_are_not_learned_from() -> None:
    assert isinstance(RankedBasket().fit(Baskets.of(CYCLES[:99])), FittedBuyAgain)
    assert isinstance(
        RankedBasket().fit(Baskets.of([(one, baskets[:1]) for one, baskets in CYCLES])), FittedBuyAgain
    )


def test_ranked_baskets_are_the_same_each_time_and_independent_of_other_shoppers() -> None:
    histories = Baskets.of(CYCLES)
    fitted = RankedBasket(trees=10).fit(histories)
    again = RankedBasket(trees=10).fit(histories)

    scores = fitted.score(histories.of_shoppers(np.arange(40)))

    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(again.score(histories.of_shoppers(np.arange(40))), scores)
    np.testing.assert_allclose(fitted.score(histories.of_shoppers(np.array([7])))[0], scores[7], rtol=1e-5)


def test_shoppers_are_chosen_in_any_order() -> None:
    histories = Baskets.of([("1", [["a"]]), ("2", [["b"], ["c"]]), ("3", [["d"]])])

    chosen = histories.of_shoppers(np.array([2, 0]))

    assert chosen.ids.values.tolist() == ["1", "3"]
    assert chosen.ids.positions(["1", "3"]).tolist() == chosen.shoppers.tolist()
    assert chosen.items.values[chosen.positions].tolist() == ["a", "d"]


def test_decay_prefers_what_was_bought_last() -> None:
    history = Baskets.of([("1", [["a"], ["b"], ["c"]])])
    fitted = BuyAgain(decay=0.5, own=1).fit(history)

    assert history.items.values[top(fitted.score(history), k=3)[0]].tolist() == ["c", "b", "a"]
    earlier, last = history.split_last()
    assert last.items.values[last.positions].tolist() == ["c"]
    assert earlier.ages.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("command", "arguments", "message"),
    [
        (
            evaluate_sessions,
            ["--set", "neighbours=0"],
            "does not accept this neighbours; Expected `int` >= 1",
        ),
        (evaluate_sessions, ["--set", "seen=NaN"], "this seen; expected a finite number"),
        (evaluate_sessions, ["--test", "nowhere"], "nowhere: No such file"),
        (evaluate_baskets, ["--set", "decay=1.5"], "does not accept this decay; Expected `float` <= 1"),
        (
            evaluate_baskets,
            ["--model", "buy_again", "--set", "depth=1"],
            "its parameters: decay, neighbours, own, rarity",
        ),
        (evaluate_baskets, [], "line 1: no tab; expected lines of `shopper TAB item item"),
    ],
)
def test_an_invalid_argument_of_a_command_is_reported_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: object, arguments: list[str], message: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a b c\n")
    main = evaluate_sessions.main if command is evaluate_sessions else evaluate_baskets.main

    assert main(["--train", str(path), "--test", str(path), *arguments]) == 1

    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2\tc\n3\tc\n2\td\n", "none of the 2 shoppers of the test file"),
        ("\tc\n", "no shopper before the tab"),
    ],
)
def test_test_baskets_without_a_known_shopper_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, message: str
) -> None:
    train, test = tmp_path / "train.txt", tmp_path / "test.txt"
    train.write_text("1\ta;b\n")
    test.write_text(line)

    assert evaluate_baskets.main(["--train", str(train), "--test", str(test)]) == 1

    assert message in capsys.readouterr().err


def test_parameters_are_checked_in_python_too() -> None:
    with pytest.raises(InvalidParameter, match="session_knn does not accept this age_decay"):
        SessionKnn(age_decay=0)
