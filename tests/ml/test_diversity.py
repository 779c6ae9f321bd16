"""The order of a list with diversity, the families of products, and the share that training chooses."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ml import contest, diversity_choice
from ml.catalogue import Catalogue, ProductFacts
from ml.contest import Candidate
from ml.diversity import KINDS, NONE, Kind, Kinds, diversified
from ml.families import kinds_of
from ml.models.item_knn import ItemKnn
from ml.registry import Registry
from ml.train import train
from tests.ml.planted import planted_catalogue
from tests.ml.planted_log import PRODUCTS, planted_log
from tests.ml.test_train import NOW, data

BAG, OTHER_BAG, TIN = (1, 1), (2, 1), (3, 2)


@pytest.mark.parametrize(
    ("kinds", "share", "expected"),
    [
        ([BAG, BAG, BAG, TIN], 0.0, [0, 1, 2, 3]),
        ([BAG, BAG, BAG, TIN], 0.2, [0, 3, 1, 2]),
        ([BAG, OTHER_BAG, BAG, TIN], 0.2, [0, 1, 3, 2]),
        ([BAG, OTHER_BAG, BAG, TIN], 0.8, [0, 3, 1, 2]),
        ([(NONE, NONE)] * 4, 0.8, [0, 1, 2, 3]),
        ([], 0.5, []),
    ],
    ids=[
        "no diversity",
        "a family",
        "a category weighs less",
        "more diversity",
        "of no kind",
        "no candidates",
    ],
)
def test_products_like_those_above_come_later(kinds: list[Kind], share: float, expected: list[int]) -> None:
    assert diversified([1.0, 0.95, 0.9, 0.85][: len(kinds)], kinds, share=share) == expected


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.9, 1.0])
def test_the_heap_gives_the_order_of_the_greedy_choice(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    scores = np.sort(rng.random(60))[::-1].tolist()
    kinds = [(int(family), int(family) % 4) for family in rng.integers(0, 9, 60)]

    assert diversified(scores, kinds, share=share) == greedy(scores, kinds, share=share)


def greedy(scores: Sequence[float], kinds: Sequence[Kind], *, share: float) -> list[int]:
    """Return the order by comparing all that is left with all that is above."""
    left, above = list(range(len(scores))), list[int]()

    def similarity(one: int, other: int) -> float:
        if kinds[one][0] == kinds[other][0] != NONE:
            return 1.0
        return 0.3 if kinds[one][1] == kinds[other][1] != NONE else 0.0

    def value(one: int) -> float:
        return (1 - share) * scores[one] / scores[0] - share * max(
            (similarity(one, other) for other in above), default=0.0
        )

    while left:
        full = {
            family
            for family in {kinds[one][0] for one in above} - {NONE}
            if sum(kinds[one][0] == family for one in above) >= 4
        }
        allowed = [one for one in left if len(above) >= 10 or kinds[one][0] not in full] or left
        best = max(allowed, key=lambda one: (round(value(one), 9), -one))
        above.append(best)
        left.remove(best)
    return above


def test_at_most_four_of_a_family_are_among_the_first_ten() -> None:
    kinds = [BAG] * 12 + [TIN] * 3 + [(9, 9)] * 5
    scores = [1 - place / 1000 for place in range(20)]

    order = diversified(scores, kinds, share=0.01)

    assert sum(kinds[place] == BAG for place in order[:10]) == 4
    assert sorted(order) == list(range(20))
    assert diversified([1.0] * 12, [BAG] * 12, share=0.5) == list(range(12)), "there is nothing else"


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("JUMBO BAG red retrospot", "Jumbo bag, Pink Polkadot", True),
        ("Set of 6 café mugs", "set of 12 Cafe Mugs", True),
        ("6 Café Mugs blue", "12 cafe mugs red", True),
        ("Jumbo bag", "Jumbo box", False),
        ("No 5", "No 7", False),
        ("", "", False),
    ],
    ids=["same words", "a set of", "accents and numbers", "another word", "only short words", "no title"],
)
def test_a_family_is_a_category_and_the_first_telling_words(first: str, second: str, same: bool) -> None:
    products = [
        ProductFacts(number, title=title, category=("Home", category))
        for number, (title, category) in enumerate(
            [(first, "Bags"), (second, "Bags"), (first, "Boxes")], start=5
        )
    ]

    arrays = kinds_of(Catalogue.of(products))

    families = arrays["families"].tolist()
    assert (families[0] == families[1] != NONE) is same
    assert families[0] != families[2] or families[0] == NONE
    assert arrays["categories"].tolist() == [1, 1, 2]
    assert arrays["products"].tolist() == [5, 6, 7]


def test_the_kinds_of_a_version_are_read_without_numpy(tmp_path: Path) -> None:
    version = train(data(planted_log(), planted_catalogue(PRODUCTS)), registry=Registry(tmp_path), now=NOW)

    kinds = Kinds.of(version.mapped(KINDS))

    first, fifth, second, unknown = kinds.of_products([1, 5, 2, 10**12])
    assert first == fifth != second
    assert unknown == (NONE, NONE)
    assert isinstance(first[0], int)
    found = version.manifest["diversity"]
    assert found["share"] in diversity_choice.SHARES
    assert found["users"] >= 100
    assert Kinds().of_products([1]) == [(NONE, NONE)]


def test_the_largest_share_that_costs_less_than_a_hundredth_is_chosen() -> None:
    # Each user prefers one category, so that more diversity costs more and more.
    log, catalogue = planted_log(), planted_catalogue(PRODUCTS)
    splits = contest.split_in_three(log, catalogue)
    assert splits is not None
    candidate = Candidate(ItemKnn())
    pairs = contest.training_pairs(candidate, splits[0].train, catalogue)

    found = diversity_choice.decide(candidate.model.fit(pairs), pairs, splits[0])

    values = {one.share: one.ndcg for one in found.measured}
    assert values[found.share] >= 0.99 * values[0]
    assert all(values[share] < 0.99 * values[0] for share in values if share > found.share)
    assert values[0.5] < 0.9 * values[0]
