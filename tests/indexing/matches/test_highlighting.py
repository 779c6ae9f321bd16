"""What is highlighted; the cases of titles are in `highlights.md`."""

import re
from pathlib import Path

import pytest

from indexing.matches.fragments import ELLIPSIS, LENGTH
from indexing.matches.highlighting import highlights
from indexing.matches.values import TextPart
from tests.indexing.builders import product
from tests.indexing.matches.planned import planned, terms_of
from tests.markdown_rows import rows_of

CASES = rows_of(Path(__file__).parent / "highlights.md")
FILLER = "sturdy and easy to clean, for kitchens of every size and style " * 6


def marked(parts: tuple[TextPart, ...]) -> str:
    """Return the parts joined, with brackets around those that matched."""
    return "".join(f"[{each.text}]" if each.matched else each.text for each in parts)


def fragment(query: str, title: str, description: str) -> str:
    """Return the fragment of a description, with brackets."""
    found = highlights(
        product(1, title, description=description), terms_of(query), needs=len(planned(query).needs)
    )
    return marked(found.description)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['query']}: {case['rule']}" for case in CASES])
def test_the_parts_of_a_title_that_matched(case: dict[str, str]) -> None:
    terms = terms_of(case["query"], language=case["language"], is_typed=bool(case["typed"]))
    title = re.sub(r"[\[\]]", "", case["highlighted"])

    found = highlights(product(1, title), terms, needs=1)

    assert marked(found.title) == case["highlighted"]
    assert "".join(each.text for each in found.title) == title


def test_a_description_is_quoted_only_for_words_that_the_title_lacks() -> None:
    description = "A red shirt that keeps its colour."

    assert fragment("red shirt", "Red shirt", description) == ""
    assert fragment("red shirt", "Linen shirt", description) == "A [red] [shirt] that keeps its colour."
    assert fragment("blue shirt", "Linen shirt", description) == ""


def test_a_fragment_of_a_long_description_is_short_and_begins_with_a_word() -> None:
    description = f"{FILLER}comes with a red lid {FILLER}"

    quoted = fragment("pot red", "Pot", description)

    assert "[red] lid" in quoted
    assert quoted.startswith(f"{ELLIPSIS} ")
    assert quoted.endswith(f" {ELLIPSIS}")
    text = quoted.strip(f"{ELLIPSIS} ").replace("[", "").replace("]", "")
    assert f" {text} " in f" {description} "
    assert len(text) <= LENGTH


def test_the_fragment_has_the_most_of_the_missing_words() -> None:
    description = f"A pot and a red lid. {FILLER} A blue pot with a steel handle. {FILLER} Red."

    quoted = fragment("pot red steel blue", "Pot", description)

    assert "[blue] [pot] with a [steel] handle" in quoted


def test_markup_is_not_quoted() -> None:
    quoted = fragment("shirt red", "Shirt", "<style>p {color: red}</style><p>In <b>red</b> &amp; blue</p>")

    assert quoted == "In [red] & blue"


def test_a_fragment_of_a_text_without_spaces_begins_where_it_matched() -> None:
    description = "靴" * 100 + "ビジネス" + "靴" * 900
    found = highlights(
        product(1, "黒い", description=description), terms_of("ビジネス", language="japanese"), needs=1
    )

    assert marked(found.description) == f"{ELLIPSIS} [ビジネス] {ELLIPSIS}"


@pytest.mark.parametrize(
    ("query", "description", "quoted"),
    [
        pytest.param(
            "pot berries", "With a blackberry, and a berry.", "a [berry].", id="a stem's other ending"
        ),
        pytest.param("pot creme", "Pour la crème fraîche.", "la [crème] fraîche.", id="accents"),
        pytest.param("pot 500 ml", "It holds 0.5 l of water.", "holds [0.5 l] of", id="quantities"),
        pytest.param("pot red", "It was tired of being hundred.", "", id="only inside other words"),
    ],
)
def test_words_are_found_as_the_index_finds_them(query: str, description: str, quoted: str) -> None:
    found = fragment(query, "Pot", description)

    assert quoted in found
    assert bool(found) == bool(quoted)
