"""Text as both engines see it: one tokenizer, in Python, so that they cannot disagree about a word.

Engines get words joined by blanks and add only the stemming.
"""

import html
import re
import unicodedata
from collections.abc import Iterator

STOP_WORDS = frozenset(
    "a an and are as at be by for from in is it its of on or the to with".split()  # noqa: SIM905 (a line)
)
"""Words that a query can lose without changing its meaning. Documents keep them: they cost nothing there."""

MAX_PHRASE_WORDS = 3
"""Longer phrases are whole titles, and a title is found by its first three words."""
MAX_PHRASE_SOURCE = 12
"""Words of a title that phrases are taken from; what follows is sizes and part numbers."""

_HIDDEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|\{[^{}]*\}", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?[a-z!][^<>]*>", re.IGNORECASE)
_MARKUP = re.compile(r"</?[a-z!]|&#?\w+;", re.IGNORECASE)
_APOSTROPHES = str.maketrans(
    "", "", "'`\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}\N{ACUTE ACCENT}"
)
_WORD = re.compile(r"[^\W_]+")


def plain(text: str) -> str:
    """Return `text` without markup, style sheets and entities; text without any comes back as it is."""
    if not _MARKUP.search(text):
        return text
    return html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", text)))


def words(text: str) -> list[str]:
    """Return the words of `text` in order: lower case, without accents, apostrophes closed up."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(character for character in decomposed if not unicodedata.combining(character))
    return _WORD.findall(text.translate(_APOSTROPHES).casefold())


def query_words(text: str) -> tuple[str, ...]:
    """Return the distinct words a shopper means, in order; stop words count only if there is nothing else."""
    everything = tuple(dict.fromkeys(words(text)))
    return tuple(word for word in everything if word not in STOP_WORDS) or everything


def phrases(title: str) -> Iterator[str]:
    """Yield the phrases of a title that are worth suggesting: one to three words, no stop word at an end."""
    source = words(title)[:MAX_PHRASE_SOURCE]
    for start, first in enumerate(source):
        if first in STOP_WORDS or first.isdigit():
            continue
        for end in range(start + 1, min(start + MAX_PHRASE_WORDS, len(source)) + 1):
            if source[end - 1] not in STOP_WORDS:
                yield " ".join(source[start:end])
