"""Plain text without markup, and the tokenizer of schema versions 1 and 2, whose engines stem the words."""

import html
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from indexing.analysis import Token

STOP_WORDS = frozenset(
    "a an and are as at be by for from in is it its of on or the to with".split()  # noqa: SIM905 (a line)
)
"""Words that are removed from queries, because they do not change the meaning. Documents keep them."""

MAX_PHRASE_WORDS = 3
"""Longer phrases are hardly ever typed."""
MAX_PHRASE_SOURCE = 12
"""Phrases are taken from this number of words of a title; sizes and part numbers usually follow later."""

MAX_PAIR_SOURCE = 24
"""Pairs are taken from this number of words of a title, which bounds the index's size."""

_HIDDEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|\{[^{}]*\}", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?[a-z!][^<>]*>", re.IGNORECASE)
_MARKUP = re.compile(r"</?[a-z!]|&#?\w+;", re.IGNORECASE)
_APOSTROPHES = str.maketrans(
    "", "", "'`\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}\N{ACUTE ACCENT}"
)
_WORD = re.compile(r"[^\W_]+")
_WRITTEN = re.compile(r"\S+")


def plain(text: str) -> str:
    """Return `text` without markup, style sheets and entities; text without them is unchanged."""
    if ("<" not in text and "&" not in text) or not _MARKUP.search(text):
        return text
    return html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", text)))


def words(text: str) -> list[str]:
    """Return the words of `text` in order, in lower case, without accents and apostrophes."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(character for character in decomposed if not unicodedata.combining(character))
    return _WORD.findall(text.translate(_APOSTROPHES).casefold())


def query_tokens(text: str) -> tuple[Token, ...]:
    """Return the distinct words of a query in order, without stop words if there are other words."""
    found: dict[str, Token] = {}
    for token in _tokens(text):
        found.setdefault(token.form, token)
    return tuple(found[form] for form in found if form not in STOP_WORDS) or tuple(found.values())


def _tokens(text: str) -> Iterator[Token]:
    for match in _WRITTEN.finditer(text):
        for form in words(match.group()):
            yield Token(form, form, *match.span())


def phrases(title: str) -> Iterator[str]:
    """Yield the phrases of a title: one to three words that neither begin nor end with a stop word."""
    source = words(title)[:MAX_PHRASE_SOURCE]
    for start, first in enumerate(source):
        if first in STOP_WORDS or first.isdigit():
            continue
        for end in range(start + 1, min(start + MAX_PHRASE_WORDS, len(source)) + 1):
            if source[end - 1] not in STOP_WORDS:
                yield " ".join(source[start:end])


def pairs(title: Sequence[str], stop_words: Collection[str]) -> Iterator[str]:
    """Yield the pairs of words that are adjacent in a title, not counting stop words between them."""
    source = [word for word in title if word not in stop_words][:MAX_PAIR_SOURCE]
    for first, second in pairwise(source):
        if not (first.isdigit() and second.isdigit()):
            yield f"{first} {second}"
