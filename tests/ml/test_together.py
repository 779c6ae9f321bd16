"""What is bought together, on generated orders: planted pairs are found, and chance or forged pairs aren't."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from ml import together
from ml.catalogue import Catalogue, ProductFacts
from ml.lists import NO_PRODUCT, Lists
from ml.orders import Orders
from ml.together import LENGTH, together_lists

PRODUCTS, PAIRS, POPULAR, TARGET = 300, 40, 5, 299
START = np.datetime64("2026-01-01T12:00:00", "s")
NOBODY = ""

Order = tuple[str, Sequence[int]]


def orders(*placed: Order) -> Orders:
    """Return orders of (buyer, products); buyers whose name begins with "guest", and NOBODY, have no account."""
    rows = [
        (number, buyer, item)
        for number, (buyer, products) in enumerate(placed)
        for item in dict.fromkeys(products)
    ]
    numbers, buyers, items = (np.array(column) for column in zip(*rows, strict=True))
    keys = buyers.astype("S36")
    guests = (keys == b"") | np.char.startswith(keys, b"guest")
    return Orders(numbers, items, START + numbers * np.timedelta64(600, "s"), keys, ~guests)


def catalogue(*, without: Sequence[int] = ()) -> Catalogue:
    return Catalogue.of(
        [
            ProductFacts(number, title=f"product {number}", sellable=number not in without)
            for number in range(1, PRODUCTS + 1)
        ]
    )


def shop() -> list[Order]:
    """Return orders of which half have a planted pair (2 n + 1, 2 n + 2), and all have popular and chance products."""
    rng = np.random.default_rng(4)
    placed: list[Order] = []
    for number in range(3_000):
        chance = rng.integers(2 * PAIRS + 1, TARGET, 3).tolist()
        popular = rng.integers(TARGET - POPULAR, TARGET, 1).tolist()
        pair = int(rng.integers(PAIRS))
        planted = [2 * pair + 1, 2 * pair + 2] if number % 2 else []
        buyer = f"account-{rng.integers(800)}" if number % 4 else f"guest-{number}"
        placed.append((buyer, [*chance, *popular, *planted]))
    return placed


def of(lists: Lists, product: int) -> list[int]:
    """Return the list of the product."""
    (rows,) = np.nonzero(lists.subjects == product)
    return [int(one) for row in rows for one in lists.products[row] if one != NO_PRODUCT]


def test_planted_pairs_come_first_and_chance_pairs_are_rare() -> None:
    lists = together_lists(orders(*shop()), catalogue())

    for first in range(1, 2 * PAIRS, 2):
        assert of(lists, first)[0] == first + 1
        assert of(lists, first + 1)[0] == first
    by_chance = [len(of(lists, product)) for product in range(2 * PAIRS + 1, TARGET)]
    # One pair in a thousand is significant by chance, and few of these have three buyers.
    assert np.mean(by_chance) < 0.15


def test_a_product_is_not_in_its_own_list_and_one_that_cannot_be_bought_is_in_none() -> None:
    lists = together_lists(orders(*shop()), catalogue(without=[2]))

    assert 2 not in lists.products
    assert of(lists, 2)[0] == 1, "its own page is still served"
    assert not (lists.products == lists.subjects[:, None]).any()


POISON = [
    pytest.param([(f"guest-9{n:04}", [TARGET, TARGET - 1 - n % POPULAR]) for n in range(500)], id="guests"),
    pytest.param([(NOBODY, [TARGET, *range(1, 80)]) for _ in range(500)], id="guests who are not known"),
    pytest.param([("guest-9", [TARGET, 1, 2]) for _ in range(500)], id="a guest with a planted pair"),
]


@pytest.mark.parametrize("forged", POISON)
def test_five_hundred_forged_orders_of_guests_move_no_list(forged: list[Order]) -> None:
    before = together_lists(orders(*shop()), catalogue())

    after = together_lists(orders(*shop(), *forged), catalogue())

    assert TARGET not in after.products
    assert TARGET not in after.subjects
    np.testing.assert_array_equal(before.subjects, after.subjects)
    np.testing.assert_array_equal(before.products, after.products)


def test_guests_orders_of_a_pair_count_at_most_as_many_as_those_of_accounts() -> None:
    honest = [one for one in shop() if one[0].startswith("account")]

    none, some, more = (
        together_lists(orders(*honest, *[("guest-9", [1, 2])] * count), catalogue())
        for count in (0, 500, 600)
    )

    np.testing.assert_array_equal(some.scores, more.scores)
    (row,) = np.nonzero(none.subjects == 1)
    assert none.scores[row, 0] < some.scores[row, 0] < 2.2 * none.scores[row, 0]


def test_one_account_that_orders_a_pair_many_times_lists_nothing() -> None:
    forged = [("account-9999", [TARGET, TARGET - 1]) for _ in range(500)]

    lists = together_lists(orders(*shop(), *forged), catalogue())

    assert TARGET not in lists.products


@pytest.mark.parametrize(
    ("buyers", "listed"),
    [
        (["account-a", "account-b", "account-c"], True),
        (["account-a", "account-b", "guest-c"], True),
        (["account-a", "account-b", NOBODY], True),
        (["account-a", "account-b", "account-b"], False),
        (["account-a", "guest-b", "guest-c"], False),
        (["guest-a", "guest-b", "guest-c"], False),
        ([NOBODY] * 30, False),
    ],
    ids=[
        "accounts",
        "a guest",
        "an unknown guest",
        "two accounts",
        "mostly guests",
        "guests",
        "unknown guests",
    ],
)
def test_a_pair_needs_three_buyers_of_whom_guests_count_at_most_half(buyers: list[str], listed: bool) -> None:
    pair = [(buyer, [TARGET, PRODUCTS]) for buyer in buyers]

    lists = together_lists(orders(*shop(), *pair), catalogue())

    assert (of(lists, TARGET) == [PRODUCTS]) is listed


def test_lists_have_the_pairs_with_the_greatest_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    # The computation in blocks gives what the formula gives for all pairs.
    monkeypatch.setattr(together, "ITEMS_AT_ONCE", 7)
    monkeypatch.setattr(together, "EXPANDED_AT_ONCE", 100)
    placed = [one for one in shop() if one[0].startswith("account")]

    lists = together_lists(orders(*placed), catalogue())

    for row in np.random.default_rng(1).choice(len(lists), 20, replace=False):
        subject = int(lists.subjects[row])
        expected = scores_of(subject, placed)
        found = {int(p): float(s) for p, s in zip(lists.products[row], lists.scores[row], strict=True) if p}
        assert found == pytest.approx(expected, rel=1e-4)
        assert all(first >= second for first, second in pairwise(lists.scores[row]))


def scores_of(subject: int, placed: Sequence[Order]) -> dict[int, float]:
    """Return the scores of the pairs of a product by the formula, from scipy's likelihood ratio."""
    from scipy.stats import chi2_contingency

    baskets = [(buyer, set(products)) for buyer, products in placed]
    found = {}
    own = [one for one in baskets if subject in one[1]]
    for other in {item for _, products in own for item in products} - {subject}:
        both = [buyer for buyer, products in own if other in products]
        size = sum(other in products for _, products in baskets)
        n, total = len(both), len(baskets)
        table = [[n, len(own) - n], [size - n, total - len(own) - size + n]]
        ratio = chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic
        if n * total > len(own) * size and ratio >= 10.83 and len(set(both)) >= 3:
            found[other] = n / (len(own) * size) ** 0.4 * n / (n + 3)
    assert len(found) <= LENGTH
    return found


def test_without_orders_there_are_no_lists() -> None:
    assert len(together_lists(Orders.empty(), catalogue())) == 0


def test_orders_of_one_product_and_of_very_many_say_nothing() -> None:
    many = [(f"account-{n}", range(1, PRODUCTS + 1)) for n in range(20)]
    single = [(f"account-{n}", [TARGET]) for n in range(20)]

    assert len(together_lists(orders(*many, *single), catalogue())) == 0
