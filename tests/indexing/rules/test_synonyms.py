"""Expansions of a query's words."""

import pytest

from indexing.rules.synonyms import MAX_EXPANSIONS, Expansion, Synonyms, SynonymSet

SYNONYMS = Synonyms.of(
    [
        SynonymSet(("TV", "television set")),
        SynonymSet(("notebook", "MacBook Pro", "Laptop"), source="laptop"),
        SynonymSet(("flat screen",), source="TV"),
        SynonymSet(("alone",)),
        SynonymSet(("", "!"), source="nothing"),
    ]
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tv stand", [Expansion(0, 1, (("television", "set"), ("flat", "screen")))]),
        ("big television set", [Expansion(1, 3, (("tv",),))]),
        ("television sets", [Expansion(0, 2, (("tv",),))]),
        ("television", []),
        ("laptop", [Expansion(0, 1, (("notebook",), ("macbook", "pro")))]),
        ("notebook", []),
        ("alone nothing", []),
        ("", []),
    ],
)
def test_each_span_with_synonyms_is_expanded(query: str, expected: list[Expansion]) -> None:
    assert list(SYNONYMS.expansions(tuple(query.split()))) == expected


def test_the_alternatives_of_a_span_are_limited() -> None:
    many = Synonyms.of([SynonymSet(tuple(f"word{each}" for each in range(99)))])

    assert len(many.expansions(("word0",))[0].alternatives) == MAX_EXPANSIONS
