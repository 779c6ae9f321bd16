"""The cost of typing one word for another."""

import pytest

from indexing.planning.channel import edit_cost, max_edits


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
        (("bras", "bra"), ("bras", "brass")),
        (("vaccum", "vacuum"), ("vacxum", "vacuum")),
    ],
)
def test_common_edits_cost_less(likelier: tuple[str, str], unlikelier: tuple[str, str]) -> None:
    assert edit_cost(*likelier) < edit_cost(*unlikelier)
