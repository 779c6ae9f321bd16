import subprocess
import sys

import pytest

from ml.serving import Reason, Recommendation, Scored, filled, for_person, for_product


def ids(suggestions: list[Recommendation]) -> list[int]:
    return [one.product_id for one in suggestions]


OWN = [Scored(1, 8.0, because=90), Scored(2, 4.0), Scored(3, 2.0, because=91)]
NEAR = {50: [Scored(3, 0.6), Scored(4, 0.3)], 51: [Scored(5, 0.4), Scored(1, 0.1)]}


def test_without_recent_products_the_published_list_stands() -> None:
    found = for_person(own=OWN, recent=[], near={})

    assert ids(found) == [1, 2, 3]
    assert found[0] == Recommendation(1, 1.0, Reason.HISTORY, because=90)
    assert found[1].reason is Reason.TASTE


def test_what_the_person_just_looked_at_changes_the_list_at_once() -> None:
    found = for_person(own=OWN, recent=[50], near=NEAR)

    assert ids(found) == [3, 1, 2, 4]
    assert found[0].score == pytest.approx(1.25)
    assert (found[0].reason, found[0].because) == (Reason.RECENT, 50)


def test_the_latest_product_weighs_most() -> None:
    near = {50: [Scored(4, 1.0)], 51: [Scored(5, 1.0)]}

    assert ids(for_person(own=[], recent=[50, 51], near=near)) == [4, 5]
    assert ids(for_person(own=[], recent=[51, 50], near=near)) == [5, 4]


def test_people_without_a_published_list_are_served_from_what_they_did_a_minute_ago() -> None:
    found = for_person(own=[], recent=[51, 50], near=NEAR)

    assert {one.reason for one in found} == {Reason.RECENT}
    assert found[0].because == 50


def test_recent_and_excluded_products_are_not_recommended() -> None:
    assert ids(for_person(own=[*OWN, Scored(50, 9)], recent=[50], near=NEAR, excluded={1})) == [3, 4, 2]


def test_a_product_of_which_nothing_is_known_yet_adds_nothing() -> None:
    assert ids(for_person(own=OWN, recent=[777], near={})) == [1, 2, 3]


def test_what_goes_with_a_product_names_it() -> None:
    assert for_product([Scored(7, 0.5)], product_id=3) == [Recommendation(7, 1.0, Reason.SIMILAR, because=3)]


def test_popular_products_fill_the_end_and_say_so() -> None:
    first = for_person(own=OWN, recent=[], near={})

    found = filled(first, popular=[Scored(2, 9), Scored(8, 5), Scored(9, 4)], excluded={9})

    assert ids(found) == [1, 2, 3, 8]
    assert found[-1].reason is Reason.POPULAR


def test_the_web_process_needs_none_of_the_training_libraries() -> None:
    program = (
        "import sys, ml.serving, ml.registry;"
        "print(sorted({'pandas', 'sklearn', 'scipy', 'implicit'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
