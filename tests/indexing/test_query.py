"""The plan of a query, made from evidence about its words."""

from collections.abc import Mapping, Sequence

from indexing.page import Matched
from indexing.query import Alternative, Evidence, Plan, Term, literal, lookups, plan
from indexing.spelling import Neighbour


def plan_of(
    *words: str,
    known: Mapping[Term, int],
    neighbours: Mapping[str, Sequence[Neighbour]] | None = None,
) -> Plan:
    frequencies = {term: known.get(term, 0) for term in lookups(words)}
    return plan(words, Evidence(frequencies, neighbours or {}))


def terms(planned: Plan) -> list[list[Term]]:
    return [[alternative.term for alternative in need.alternatives] for need in planned.needs]


def test_known_words_are_searched_unchanged() -> None:
    planned = plan_of("lunch", "box", known={("lunch",): 5, ("box",): 3, ("lunchbox",): 1})

    assert planned == literal(("lunch", "box"))
    assert planned.corrected_text is None


def test_an_unknown_word_is_replaced_by_its_likeliest_corrections() -> None:
    planned = plan_of(
        "lunch", "bax", known={("lunch",): 5}, neighbours={"bax": [Neighbour("bag", 9), Neighbour("box", 9)]}
    )

    assert terms(planned)[1][0] == ("box",)
    assert planned.corrected_text == "lunch box"


def test_an_unknown_word_made_of_two_known_ones_is_split() -> None:
    planned = plan_of(
        "lunchbox", known={("lunch", "box"): 4}, neighbours={"lunchbox": [Neighbour("lunchboxes", 1)]}
    )

    assert terms(planned) == [[("lunch", "box")]]
    assert planned.corrected_text == "lunch box"


def test_two_words_that_are_more_frequent_as_one_also_match_the_compound() -> None:
    planned = plan_of("mac", "book", known={("mac",): 2, ("book",): 3, ("macbook",): 9})

    assert terms(planned) == [[("mac",), ("macbook",)], [("book",), ("macbook",)]]
    assert planned.corrected_text is None


def test_a_known_word_is_not_split_into_rarer_ones() -> None:
    assert terms(plan_of("carpet", known={("carpet",): 50, ("car", "pet"): 3})) == [[("carpet",)]]


def test_words_are_split_between_letters_and_digits_and_into_parts_of_at_least_three_letters() -> None:
    assert ("ps", "4") in lookups(["ps4"])
    assert ("la", "mp") not in lookups(["lamp"])
    assert ("foot", "ball") in lookups(["football"])


def test_a_word_without_neighbours_is_kept() -> None:
    planned = plan_of("xyzzy", known={})

    assert planned.needs[0].alternatives == (Alternative(("xyzzy",), 1.0),)


def test_levels_range_from_all_words_to_any_word() -> None:
    assert literal(["a"]).levels() == ((Matched.ALL, 1),)
    assert literal(["a", "b"]).levels() == ((Matched.ALL, 2), (Matched.ANY, 1))
    assert literal(list("abcde")).levels() == ((Matched.ALL, 5), (Matched.MOST, 3), (Matched.ANY, 1))
