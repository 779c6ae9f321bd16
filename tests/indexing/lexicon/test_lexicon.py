"""The lexicon: what is looked up in the file that was built."""

import random
from pathlib import Path

import pytest
from rapidfuzz.distance import OSA

from indexing.lexicon.building import LARGE_SHOP, LexiconSource, build
from indexing.lexicon.container import MAGIC
from indexing.lexicon.errors import LexiconDamaged
from indexing.lexicon.lexicon import EMPTY, Lexicon
from indexing.lexicon.values import NamedValue, Neighbour, Segmentation, ValueKind

BRAND = NamedValue(ValueKind.BRAND, "Red Wing", 7)
COLOUR = NamedValue(ValueKind.ATTRIBUTE, "red", 90, "colour")
WORDS = {"shirt": 40, "shirts": 12, "t": 9, "tshirt": 3, "car": 8, "pet": 6, "damen": 4, "geburtstag": 2}
PAIRS = {"t shirt": 7, "t shirts": 2, "car seat": 5}


def stem(word: str) -> str:
    return word.removesuffix("s")


def lexicon_of(words: dict[str, int], *, products: int = 50) -> Lexicon:
    return Lexicon(build(LexiconSource(products=products, words=words.items(), stem=stem)))


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    """A lexicon that is mapped from its file."""
    path = tmp_path_factory.mktemp("lexicon") / "lexicon"
    named = (("red wing", BRAND), ("reds", COLOUR), ("red", NamedValue(ValueKind.BRAND, "RED", 2)))
    source = LexiconSource(products=50, words=WORDS.items(), pairs=PAIRS.items(), named=named, stem=stem)
    path.write_bytes(build(source))
    return Lexicon.mapped(path)


def test_words_and_stems_have_the_numbers_of_their_products(lexicon: Lexicon) -> None:
    assert {word: lexicon.frequency(word) for word in WORDS} == WORDS
    assert lexicon.frequency("shirting") == 0
    assert (lexicon.stem_frequency("shirt"), lexicon.stem_frequency("x")) == (50, 0)
    assert (lexicon.products, len(lexicon)) == (50, len(WORDS))


def test_pairs_are_counted_by_the_stems_of_their_words_and_in_their_order(lexicon: Lexicon) -> None:
    assert lexicon.pair("t", "shirt") == lexicon.pair("t", "shirts") == 9
    assert lexicon.pair("shirt", "t") == 0
    assert lexicon.pair("car", "seat") == 0, "a pair of a word that the vocabulary lacks"


def test_neighbours_are_the_words_within_the_number_of_edits() -> None:
    source = random.Random(5)
    words = {"".join(source.choices("abcdeé", k=source.randint(3, 9))): 1 for _ in range(3_000)}
    lexicon = lexicon_of(words)

    for form in source.sample(sorted(words), 100):
        # As in planning, two edits are allowed only in forms of six letters or more.
        edits = 2 if len(form) >= 6 else 1
        expected = {word for word in words if 0 < OSA.distance(form, word) <= edits}
        assert {each.word for each in lexicon.near(form, edits)} == expected


def test_neighbours_have_only_letters_and_in_a_large_shop_more_than_one_product() -> None:
    words = {"lamp": 1, "lamps": 2, "lampe1": 9}

    assert sorted(each.word for each in lexicon_of(words).near("lampe", 1)) == ["lamp", "lamps"]
    assert lexicon_of(words, products=LARGE_SHOP).near("lampe", 1) == [Neighbour("lamps", 2)]


@pytest.mark.parametrize("form", ["", "a", "\x00", "x" * 500, "\ud800bad", "日本語テキスト"])
def test_no_text_is_too_strange_to_be_looked_up(lexicon: Lexicon, form: str) -> None:
    assert lexicon.frequency(form) == 0
    assert lexicon.near(form, 2) == []
    assert list(lexicon.segmentations(form)) == []
    assert lexicon.named([form]) == ()


def test_a_form_is_segmented_into_known_words(lexicon: Lexicon) -> None:
    assert list(lexicon.segmentations("tshirt")) == [Segmentation(("t", "shirt"), (9,))]
    assert list(lexicon.segmentations("carpet")) == [Segmentation(("car", "pet"), (0,))]
    assert not next(lexicon.segmentations("carpet")).is_written
    assert list(lexicon.segmentations("damentrousers")) == []


def test_a_short_part_needs_a_title_that_has_it_beside_the_next_one(lexicon: Lexicon) -> None:
    assert list(lexicon.segmentations("tcar")) == []


def test_a_row_of_single_letters_is_no_word() -> None:
    words, pairs = {"s": 50, "m": 50, "4": 9, "gb": 9}, {"s m": 9, "m gb": 9, "m 4": 3}
    source = LexiconSource(products=50, words=words.items(), pairs=pairs.items(), stem=str)

    assert list(Lexicon(build(source)).segmentations("sm4")) == []
    assert list(Lexicon(build(source)).segmentations("mgb")) == [Segmentation(("m", "gb"), (9,))]


def test_letters_between_the_parts_of_a_compound_are_left_out(lexicon: Lexicon) -> None:
    assert list(lexicon.segmentations("geburtstagsshirt")) == []
    assert list(lexicon.segmentations("geburtstagsshirt", links=("s", "es"))) == [
        Segmentation(("geburtstag", "shirt"), (0,))
    ]


def test_values_are_found_by_the_stems_of_their_names_most_products_first(lexicon: Lexicon) -> None:
    assert lexicon.named(["red", "wing"]) == (BRAND,)
    assert [each.products for each in lexicon.named(["red"])] == [90, 2]
    assert lexicon.named(["wing"]) == ()


def test_words_that_begin_with_a_prefix_are_listed_most_products_first(lexicon: Lexicon) -> None:
    assert [each.word for each in lexicon.with_prefix("s", 5)] == ["shirt", "shirts"]
    assert [each.word for each in lexicon.with_prefix("", 2)] == ["shirt", "shirts"]
    assert lexicon.with_prefix("q", 5) == []


def test_the_empty_lexicon_knows_nothing() -> None:
    assert (EMPTY.products, EMPTY.frequency("lamp"), EMPTY.pair("a", "b")) == (0, 0, 0)
    assert (EMPTY.near("lamp", 2), EMPTY.with_prefix("l", 3)) == ([], [])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"something else entirely",
        MAGIC,
        MAGIC + (99).to_bytes(8, "little") + b"{}",
        build(LexiconSource(products=1, words=[("lamp", 1)], stem=str))[:-64],
        MAGIC + (2).to_bytes(8, "little") + b"{}",
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lexicon"
    path.write_bytes(content)

    with pytest.raises(LexiconDamaged):
        Lexicon.mapped(path)
