"""Synonyms that are proposed from pairs of queries."""

import pytest

from indexing.rules.proposals import ProposedSynonyms, difference, proposed


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("sofa", "couch", ("sofa", "couch")),
        ("grey sofa", "grey couch", ("sofa", "couch")),
        ("sofas with chaise", "couch with chaise", ("sofas", "couch")),
        ("tv stand", "television set stand", ("tv", "television set")),
        ("sofa", "grey sofa", None),
        ("lamp", "lamps", None),
        ("vacuum cleaner", "vaccum cleaner", None),
        ("mac book", "macbook", None),
        ("iphone 12", "iphone 13", None),
        ("500 ml bottle", "1 l bottle", None),
        ("red wool coat for men", "blue silk dress of women today", None),
        ("grey sofa", "sofa grey", None),
    ],
)
def test_two_queries_propose_the_phrases_in_which_they_differ(
    first: str, second: str, expected: tuple[str, str] | None
) -> None:
    assert difference(first, second) == expected


def test_two_phrases_are_proposed_once_with_the_best_pair() -> None:
    pairs = [("sofa", "couch"), ("grey couch", "grey sofa"), ("pot", "vase")]

    assert proposed(pairs) == [
        ProposedSynonyms(("sofa", "couch"), ("sofa", "couch")),
        ProposedSynonyms(("pot", "vase"), ("pot", "vase")),
    ]
