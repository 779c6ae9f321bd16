"""Completions of what was typed; the cases are in `completions.md`."""

from pathlib import Path

import pytest

from indexing.page import SearchSuggestion, SuggestionKind
from indexing.suggestions.building import CatalogueProduct, build
from indexing.suggestions.completing import completions
from indexing.suggestions.dictionary import SuggestionDictionary
from tests.indexing.suggestions.catalogue import dictionary
from tests.markdown_rows import rows_of

CASES = rows_of(Path(__file__).parent / "completions.md")


@pytest.fixture(scope="module", params=["built", "stored"])
def known(request: pytest.FixtureRequest) -> SuggestionDictionary:
    built = dictionary()
    if request.param == "built":
        return built
    decoded = SuggestionDictionary.decoded(built.encoded())
    assert decoded is not None
    return decoded


def texts(known: SuggestionDictionary, typed: str, *, limit: int = 10) -> list[str]:
    return [each.text for each in completions(known, typed, limit=limit)[1]]


@pytest.mark.parametrize("case", CASES, ids=[f"{case['typed']}: {case['rule']}" for case in CASES])
def test_completions_of_what_was_typed(known: SuggestionDictionary, case: dict[str, str]) -> None:
    found = texts(known, case["typed"])

    assert found[:1] == [case["first"]] or not case["first"]
    assert {each for each in case["also"].split(", ") if each} <= set(found)
    assert case["never"] not in found
    assert len(set(found)) == len(found)


def test_a_space_completes_the_last_word(known: SuggestionDictionary) -> None:
    assert "christmas tree" in texts(known, "christmas ")
    assert all("chopping" in each.split() for each in texts(known, "chopping "))


def test_names_have_the_number_of_their_products(known: SuggestionDictionary) -> None:
    found = completions(known, "chr", limit=10)[1]

    assert SearchSuggestion(SuggestionKind.CATEGORY, "Christmas", 4, "christmas") in found
    assert SearchSuggestion(SuggestionKind.BRAND, "Chrome & Co", 3) in found
    assert SearchSuggestion(SuggestionKind.QUERY, "christmas gifts", 12) in found


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_the_number_of_completions_is_limited(known: SuggestionDictionary, limit: int) -> None:
    assert len(texts(known, "chr", limit=limit)) == limit


@pytest.mark.parametrize("text", ["", " ", "?", "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 200])
def test_a_text_without_words_or_with_too_many_has_no_completions(
    known: SuggestionDictionary, text: str
) -> None:
    assert texts(known, text) == []


def test_an_empty_catalogue_has_no_completions() -> None:
    assert texts(build(()), "lamp ba") == []


def test_a_phrase_of_one_product_is_not_suggested_in_a_large_catalogue() -> None:
    products = [CatalogueProduct("Brass lantern")] * 1_000 + [CatalogueProduct("Lantern of ocarina wood")]

    assert texts(build(products), "oca") == []


def test_a_kind_that_a_title_lists_twice_is_suggested_once() -> None:
    known = build([CatalogueProduct("Shoes, Running Shoes"), CatalogueProduct("Yo yo yo")] * 2)

    assert texts(known, "shoes ru")[0] == "shoes running"
    assert "shoes running shoes" not in texts(known, "shoes")
    assert "yo yo yo" in texts(known, "yo yo")


def test_what_was_understood_is_returned_for_the_search_of_products(known: SuggestionDictionary) -> None:
    understood, _ = completions(known, "chrismas tre", limit=10)

    assert (understood.full, understood.last) == (("christmas",), "tre")


@pytest.mark.parametrize(
    ("title", "typed", "completed"),
    [
        ("लाल साड़ी", "सा", "साड़ी"),
        ("Crème brûlée torch", "creme bru", "creme brulee"),
        ("Women's boots", "wom", "womens boots"),
        ("ケース 黒", "ケー", "ケース 黒"),
        ("İstanbul mug", "ista", "istanbul mug"),
    ],
)
def test_words_of_other_languages_are_completed(title: str, typed: str, completed: str) -> None:
    assert completed in texts(build([CatalogueProduct(title)]), typed)
