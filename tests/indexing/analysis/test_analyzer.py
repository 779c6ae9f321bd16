"""The tokens of a text, in any language."""

import time
import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from indexing.analysis import LANGUAGES, Analysis, TokenKind, analysis_for
from indexing.analysis.analyzer import MAX_TERM

ENGLISH = analysis_for("english")

ALPHABET = "aAzéßıİ '’\"-./&#+x×,0123½٣日本ガनिंกำ한글لا\u200d\u0301\u00ad®🙂 "
texts = st.text(st.sampled_from(ALPHABET), max_size=30) | st.text(max_size=30)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("red shoe", [("red", TokenKind.WORD), ("shoe", TokenKind.WORD)]),
        ("1,000", [("1000", TokenKind.NUMBER)]),
        ("0.5 l", [("0.5l", TokenKind.QUANTITY)]),
        ("2x4", [("2x4", TokenKind.QUANTITY)]),
        ("WH-1000XM4", [("wh1000xm4", TokenKind.CODE)]),
        ("4006381333931", [("4006381333931", TokenKind.CODE)]),
        ("C++", [("c++", TokenKind.SYMBOL)]),
        ('"iphone 6"', [("iphone", TokenKind.WORD), ("6", TokenKind.NUMBER)]),
    ],
)
def test_tokens_have_a_form_and_a_kind(text: str, kinds: list[tuple[str, TokenKind]]) -> None:
    assert [(token.form, token.kind) for token in ENGLISH.tokens(text)] == kinds


def test_tokens_have_their_places_in_the_text() -> None:
    text = "  Café-crème, 500 ml\N{NO-BREAK SPACE}(WH-1000XM4)  AT&T's Levi\N{RIGHT SINGLE QUOTATION MARK}s"

    assert [text[token.start : token.end] for token in ENGLISH.tokens(text)] == [
        "Café", "crème", "500 ml", "WH-1000XM4", "AT&T's", "Levi\N{RIGHT SINGLE QUOTATION MARK}s",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["english", "german", "french", "turkish", "hindi", "japanese", "other"])
@settings(deadline=None)  # The first analysis in a language compiles its patterns.
@given(text=texts)
def test_any_text_is_analysed_in_order_and_within_its_limits(language: str, text: str) -> None:
    analysis = analysis_for(language)
    tokens = analysis.tokens(text)

    assert all(0 <= token.start < token.end <= len(text) for token in tokens)
    assert [token.start for token in tokens] == sorted(token.start for token in tokens)
    field = analysis.field(text)
    for term in (*field.terms.split(" "), *field.forms.split(" ")):
        assert len(term) <= MAX_TERM
        assert term.split() == ([term] if term else [])
    assert {token.stem for token in tokens} <= set(field.terms.split(" "))


@settings(deadline=None)  # The first analysis in a language compiles its patterns.
@given(text=texts)
def test_a_form_has_the_term_of_its_token(text: str) -> None:
    # Not so for "²V", where 2 isn't the number of volts, and for marks without a letter.
    simple = "".join(each for each in text if unicodedata.category(each) not in {"No", "Mn", "Mc", "Me"})
    assume(unicodedata.is_normalized("NFKC", simple))

    for token in ENGLISH.tokens(simple):
        if not token.folded_stem:
            assert ENGLISH.term(token.form) == token.stem


@settings(deadline=None)  # The first analysis in a language compiles its patterns.
@given(text=texts)
def test_the_terms_of_a_text_are_those_of_its_field(text: str) -> None:
    assert ENGLISH.terms(text, limit=len(text)) == ENGLISH.field(text).terms


def test_the_terms_of_a_text_are_limited_in_words_and_quantities() -> None:
    text = "Café 500 ml 2 x 4 in. WH-1000XM4 red"
    limited = [ENGLISH.terms(text, limit=limit) for limit in range(6)]

    assert limited == [
        ENGLISH.field(beginning).terms
        for beginning in (
            "",
            "Café",
            "Café 500 ml",
            "Café 500 ml 2 x 4 in.",
            "Café 500 ml 2 x 4 in. WH-1000XM4",
            text,
        )
    ]


def test_a_query_keeps_each_word_once_and_drops_stop_words() -> None:
    def forms(text: str, language: str = "english") -> list[str]:
        return [token.form for token in analysis_for(language).query_tokens(text)]

    assert forms("The bike for the children, the Bike") == ["bike", "children"]
    assert forms("to be") == ["to", "be"]
    assert forms("Schuhe für die Küche", "german") == ["schuhe", "kuche"]


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_language_has_words_and_stop_words(name: str) -> None:
    analysis = Analysis(LANGUAGES[name])

    assert analysis.tokens("radio 5")[0].form == "radio"
    assert analysis.language.stop_words or name in {"korean", "other"}


def test_long_texts_take_linear_time() -> None:
    began = time.process_time()
    for piece in ("1/2 x ", "1,000", "a-", "'a", "2x", "&a", '"', '1" ', "9", "1 ", "in. ", "日", "x 1 in"):
        assert len(ENGLISH.field(piece * 10_000).terms) <= 60 * 10_000

    assert time.process_time() - began < 20
