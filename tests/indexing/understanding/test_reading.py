"""Which parts of a query aren't searched as words, and what they mean instead."""

from decimal import Decimal

import pytest

from indexing.lexicon.lexicon import EMPTY
from indexing.understanding.reading import read
from indexing.understanding.values import NOTHING_UNDERSTOOD, Reading
from indexing.understanding.wording import ENGLISH, WORDINGS, wording_for
from tests.indexing.understanding.evidence import CATALOGUE


def reading(text: str, *, language: str = "english") -> Reading:
    return read(text, wording=wording_for(language), evidence=CATALOGUE)


@pytest.mark.parametrize(
    ("query", "searched", "lowest", "highest", "currency"),
    [
        ("jeans under 500", "jeans", None, 500, None),
        ("headphones below ₹500", "headphones", None, 500, "INR"),
        ("watch under Rs. 1,00,000", "watch", None, 100000, "INR"),
        ("tv less than $1,299.99", "tv", None, "1299.99", None),
        ("tv <500", "tv", None, 500, None),
        ("shoes under 2k for men", "shoes for men", None, 2000, None),
        ("trolley bag above 20000", "trolley bag", 20000, None, None),
        ("laptop at least 300 euros", "laptop", 300, None, "EUR"),
        ("kurta 500 to 1000", "kurta", 500, 1000, None),
        ("kurta 1000-500", "kurta", 500, 1000, None),
        ("kurta ₹500 – ₹1000 red", "kurta red", 500, 1000, "INR"),
        ("kurta between 50 and 80 rupees", "kurta", 50, 80, "INR"),
        ("dress price range 500 to 1000", "dress", 500, 1000, None),
        ("dumbbell under £20", "dumbbell", None, 20, "GBP"),
        ("under 500", "", None, 500, None),
    ],
)
def test_price_words_become_limits(
    query: str, searched: str, lowest: int | None, highest: int | str | None, currency: str | None
) -> None:
    found = reading(query)

    assert found.text == searched
    assert found.understood.min_price == (None if lowest is None else Decimal(lowest))
    assert found.understood.max_price == (None if highest is None else Decimal(highest))
    assert found.understood.currency == currency


@pytest.mark.parametrize(
    "query",
    [
        "under armour shoes",
        "himalaya under eye cream",
        "bag under 5 kg",
        "bottle under 500 ml",
        "suitcase 20 to 30 inch",
        "counter under 900 steps",
        "dumbbell under 20 pounds",
        "kids shoes 2 to 4",
        "air max 90",
        "iphone 12",
        "usb - c",
        "15.6-inch",
        "no mercy board game",
        "biscuits no sugar",
        "good day biscuits",
        "crop top",
        "best",
        "white top for women",
        "without",
        "-bluetooth",
        '15.6" laptop bag',
        '24" and 27" monitors',
        '"',
        "AT&T phone",
        "a - b",
        "title:(nike OR puma) AND NOT *",
    ],
)
def test_words_of_products_stay_words(query: str) -> None:
    assert reading(query) == Reading(query)


@pytest.mark.parametrize(
    ("query", "searched", "excluded"),
    [
        ("headphones without mic", "headphones", ("mic",)),
        ("headphones without noise cancellation for men", "headphones for men", ("noise cancellation",)),
        ("headphones -bluetooth", "headphones", ("bluetooth",)),
        ("shirt -blue -black", "shirt", ("blue", "black")),
        ('shirt -"polo collar"', "shirt", ("polo collar",)),
        ("wi-fi -router", "wi-fi", ("router",)),
        ("no bluetooth headphones", "headphones", ("bluetooth",)),
        ("jeans without holes or patches", "jeans", ("holes", "patches")),
        ("shirt without pockets, blue", "shirt blue", ("pockets",)),
        ("speaker with no bluetooth", "speaker", ("bluetooth",)),
    ],
)
def test_words_are_excluded(query: str, searched: str, excluded: tuple[str, ...]) -> None:
    found = reading(query)

    assert (found.text, found.understood.excluded) == (searched, excluded)


def test_phrases_in_quotes_are_required_and_searched() -> None:
    found = reading('kitchenaid "stand mixer" red')

    assert (found.text, found.understood.phrases) == ("kitchenaid stand mixer red", ("stand mixer",))


@pytest.mark.parametrize(
    ("query", "searched", "optional"),
    [
        ("best headphones", "headphones", ("best",)),
        ("top 10 smart watches", "smart watches", ("top", "10")),
        ("cheap new jeans for men", "jeans for men", ("cheap", "new")),
    ],
)
def test_words_that_say_nothing_about_the_product_are_not_searched(
    query: str, searched: str, optional: tuple[str, ...]
) -> None:
    found = reading(query)

    assert (found.text, found.understood.optional) == (searched, optional)


def test_what_was_left_out_stays_beside_a_corrected_word() -> None:
    found = reading("best hedphones under 500 without mic")

    assert found.text == "hedphones"
    assert found.whole("headphones") == "headphones best under 500 without mic"


@pytest.mark.parametrize(
    ("language", "query", "searched"),
    [
        ("german", "kopfhörer unter 50 € ohne mikrofon", "kopfhörer"),
        ("french", "chaussures moins de 50 euros sans lacets", "chaussures"),
        ("spanish", "zapatos hasta 50 euros sin cordones", "zapatos"),
        ("polish", "buty <500", "buty"),
    ],
)
def test_other_languages_have_words_of_their_own(language: str, query: str, searched: str) -> None:
    found = reading(query, language=language)

    assert found.text == searched
    assert found.understood != NOTHING_UNDERSTOOD


@pytest.mark.parametrize(
    "text", ["", "   ", "🙂", "-", "--", '""', "₹", "<", "under", "1e999", "-" * 200, "0 to 0"]
)
def test_any_text_can_be_read(text: str) -> None:
    assert read(text, wording=ENGLISH, evidence=EMPTY).text == text


@pytest.mark.parametrize("language", WORDINGS)
def test_wordings_are_written_as_queries_are_compared(language: str) -> None:
    wording = WORDINGS[language]
    phrases = (*wording.at_most, *wording.at_least, *wording.between, *wording.without, *wording.price_nouns)

    listed = [word for phrase in phrases for word in phrase]
    listed += [*wording.to, *wording.no, *wording.or_words, *wording.connectives, *wording.qualifiers]
    assert [word for word in listed if not word.isascii() or word != word.lower()] == []
