"""Spelling correction."""

import pytest

from indexing.spelling import Neighbour, corrections, edit_cost, max_edits


@pytest.mark.parametrize(
    ("word", "edits"), [("ox", 0), ("bax", 1), ("light", 1), ("lights", 2), ("ps4", 0), ("13in", 0)]
)
def test_longer_words_allow_more_edits_and_codes_allow_none(word: str, edits: int) -> None:
    assert max_edits(word) == edits


def test_equal_words_cost_nothing() -> None:
    assert edit_cost("lamp", "lamp") == 0


@pytest.mark.parametrize(
    ("likelier", "unlikelier"),
    [
        (("bax", "box"), ("bax", "bag")),
        (("speling", "spelling"), ("spelng", "spelling")),
        (("lihgt", "light"), ("lixxt", "light")),
        (("lamq", "lamp"), ("qamp", "lamp")),
    ],
)
def test_common_edits_cost_less(likelier: tuple[str, str], unlikelier: tuple[str, str]) -> None:
    assert edit_cost(*likelier) < edit_cost(*unlikelier)


def test_a_cheaper_edit_outweighs_all_but_a_much_higher_frequency() -> None:
    assert corrections("bax", [Neighbour("bag", 300), Neighbour("box", 60)])[0].word == "box"
    assert corrections("bax", [Neighbour("bag", 90_000), Neighbour("box", 1)])[0].word == "bag"


def test_the_likeliest_correction_has_weight_one_and_the_others_less() -> None:
    found = corrections("bax", [Neighbour("box", 60), Neighbour("bag", 300), Neighbour("tax", 1)])

    assert found[0].weight == 1
    assert all(0 < each.weight < 1 for each in found[1:])
    assert "tax" not in {each.word for each in found}


def test_without_neighbours_there_is_no_correction() -> None:
    assert corrections("bax", []) == ()
