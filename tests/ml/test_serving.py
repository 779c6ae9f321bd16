"""Combining published lists and recent products into recommendations."""

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ml.serving import (
    RECENCY,
    Reason,
    Recommendation,
    Scored,
    Source,
    folded,
    ranked,
    refilled,
)


def ids(recommendations: Iterable[Recommendation]) -> list[int]:
    return [one.product_id for one in recommendations]


OWN = [Scored(1, 8.0, because=90), Scored(2, 4.0), Scored(3, 2.0, because=91)]
NEAR = {50: [Scored(3, 0.6), Scored(4, 0.3)], 51: [Scored(5, 0.4), Scored(1, 0.1)]}
POPULAR = [Scored(8, 5), Scored(9, 4)]


def for_shopper(
    *, own: Sequence[Scored], recent: Sequence[int], near: Mapping[int, Sequence[Scored]]
) -> list[Recommendation]:
    return list(ranked({Source.OWN: own, Source.SESSION: folded(recent, near=near, recency=RECENCY)}))


def popular(entries: Sequence[Scored]) -> Iterator[Recommendation]:
    return ranked({Source.POPULAR: entries})


def test_without_recent_products_the_published_list_is_served_unchanged() -> None:
    found = for_shopper(own=OWN, recent=[], near={})

    assert ids(found) == [1, 2, 3]
    assert found[0] == Recommendation(1, 1.0, Reason.HISTORY, Source.OWN, because=90)
    assert found[1].reason is Reason.TASTE


def test_a_recent_product_changes_the_list_immediately() -> None:
    found = for_shopper(own=OWN, recent=[50], near=NEAR)

    assert ids(found) == [3, 1, 2, 4]
    assert [round(one.score, 2) for one in found] == [1.25, 1.0, 0.5, 0.5]
    assert (found[0].reason, found[0].because) == (Reason.RECENT, 50)


def test_of_equal_scores_the_product_of_the_earlier_source_is_first() -> None:
    own, session = [Scored(9, 2.0), Scored(7, 2.0)], [Scored(1, 3.0)]

    assert ids(ranked({Source.OWN: own, Source.SESSION: session})) == [9, 7, 1]


def test_the_most_recent_product_has_the_highest_weight() -> None:
    near = {50: [Scored(4, 1.0)], 51: [Scored(5, 1.0)]}

    assert ids(for_shopper(own=[], recent=[50, 51], near=near)) == [4, 5]
    assert ids(for_shopper(own=[], recent=[51, 50], near=near)) == [5, 4]


def test_products_of_several_origins_are_explained_by_the_strongest_one() -> None:
    near = {50: [Scored(4, 0.5), Scored(5, 0.4)], 51: [Scored(5, 0.6)]}

    found = {entry.product_id: entry for entry in folded([50, 51], near=near)}

    assert (found[5].score, found[5].because) == (1.0, 51)
    assert (found[4].score, found[4].because) == (0.5, 50)


def test_a_shopper_without_a_published_list_gets_recommendations_from_recent_products() -> None:
    found = for_shopper(own=[], recent=[51, 50], near=NEAR)

    assert {one.reason for one in found} == {Reason.RECENT}
    assert found[0].because == 50


def test_a_recent_product_without_a_list_adds_nothing() -> None:
    assert ids(for_shopper(own=OWN, recent=[777], near={})) == [1, 2, 3]
    unknown = [*range(1_000, 1_020), 50]
    assert for_shopper(own=OWN, recent=unknown, near=NEAR) == for_shopper(own=OWN, recent=[50], near=NEAR)


def test_recommendations_for_a_product_name_it_as_the_reason() -> None:
    found = folded([3], near={3: [Scored(7, 0.5)]})

    assert list(ranked({Source.SIMILAR: found})) == [
        Recommendation(7, 1.0, Reason.SIMILAR, Source.SIMILAR, because=3)
    ]


def test_popular_products_fill_a_short_list_and_have_that_reason() -> None:
    first = ranked({Source.OWN: OWN})
    rest = popular([Scored(2, 9), *POPULAR])

    found = [one for one in refilled([first, rest], excluded={1, 9}) if one]

    assert [(one.product_id, one.source, one.score) for one in found] == [
        (2, Source.OWN, 0.5),
        (3, Source.OWN, 0.25),
        (8, Source.POPULAR, 0.0),
    ]
    assert found[-1].reason is Reason.POPULAR


def test_the_first_source_with_products_keeps_its_scores() -> None:
    found = [one for one in refilled([[], popular(POPULAR)]) if one]

    assert [one.score for one in found] == [1.0, 0.8]


def test_a_source_is_read_when_those_before_it_are_exhausted() -> None:
    read = []

    def second() -> Iterator[Recommendation]:
        read.append(True)
        yield from popular([Scored(9, 4)])

    found = refilled([popular([Scored(8, 5)]), None, second()])

    assert [(one and one.product_id, list(read)) for one in found] == [(8, []), (None, []), (9, [True])]


def test_one_in_ten_candidates_is_new_and_scored_as_the_one_before_it() -> None:
    old = [Recommendation(n, 1 - n / 100, Reason.SIMILAR, Source.SIMILAR) for n in range(30)]
    new = [Scored(100 + n, 0.2, because=1) for n in range(5)]

    found = [one for one in refilled([None, old], new=new, most_new=2) if one]

    assert [(place, one.product_id) for place, one in enumerate(found) if one.source is Source.NEW] == [
        (9, 100),
        (19, 101),
    ]
    assert (found[9].score, found[9].reason, found[9].because) == (found[8].score, Reason.SIMILAR, 1)
    assert len(found) == 32
    assert next(refilled([None], new=new, most_new=2)) is None


def test_a_new_product_that_a_source_has_too_is_in_the_list_once() -> None:
    old = [Recommendation(n, 1 - n / 100, Reason.SIMILAR, Source.SIMILAR) for n in range(30)]
    new = [Scored(8, 0.9), Scored(15, 0.8), Scored(3, 0.7), Scored(100, 0.6), Scored(101, 0.5)]

    found = [one for one in refilled([old], excluded={101}, new=new, most_new=3) if one]

    products = [one.product_id for one in found]
    assert len(products) == len(set(products)) == 31
    assert [(place, one.product_id) for place, one in enumerate(found) if one.source is Source.NEW] == [
        (9, 15),
        (19, 100),
    ]


def test_serving_imports_none_of_the_training_libraries() -> None:
    program = (
        "import sys, ml.serving, ml.registry;"
        "print(sorted({'pandas', 'sklearn', 'scipy', 'implicit'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
