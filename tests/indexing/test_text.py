"""The tokenizer."""

import pytest

from indexing.text import phrases, plain, query_tokens, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WHITE HANGING T-LIGHT", ["white", "hanging", "t", "light"]),
        ("Levi's 501®", ["levis", "501"]),
        ("Crème brûlée, 2½ cm", ["creme", "brulee", "21", "2", "cm"]),
        ("snake_case/path\\x", ["snake", "case", "path", "x"]),
        ("Größe", ["große".casefold().replace("ß", "ss").replace("ö", "o")]),
        ("", []),
        ("!?", []),
        ("日本 の", ["日本", "の"]),
    ],
)
def test_words_are_folded_and_split(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_straight_and_curly_apostrophes_are_equivalent() -> None:
    assert words("men's") == words("men\N{RIGHT SINGLE QUOTATION MARK}s") == ["mens"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no markup < 5 & more > 3", ["no", "markup", "5", "more", "3"]),
        ("<p>Oak&nbsp;<b>top</b></p>", ["oak", "top"]),
        ("<style>.a { color: red }</style>Oak", ["oak"]),
        ("<table>\n.x {\n font: y;\n}\n<tr>Oak</tr>", ["x", "oak"]),
        ("<script>alert('x')</script><!-- comment -->Oak &amp; elm", ["oak", "elm"]),
        ("fits {most} sizes", ["fits", "most", "sizes"]),
        ("3<br/>4", ["3", "4"]),
    ],
)
def test_markup_is_removed(text: str, expected: list[str]) -> None:
    assert words(plain(text)) == expected


def forms(text: str) -> list[str]:
    return [token.form for token in query_tokens(text)]


def test_a_query_keeps_each_word_once_and_drops_stop_words() -> None:
    assert forms("The bike for the children, the Bike") == ["bike", "children"]
    assert forms("to be") == ["to", "be"]


def test_phrases_neither_begin_nor_end_with_a_stop_word() -> None:
    assert list(phrases("Set of 3 Cake Tins")) == ["set", "set of 3", "cake", "cake tins", "tins"]


def test_splitting_long_text_takes_linear_time() -> None:
    assert len(words(plain("<" * 50_000 + "{" * 50_000 + "a" * 10))) == 1
