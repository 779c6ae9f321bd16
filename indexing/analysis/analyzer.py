"""Split a text into tokens, and return the terms that its field is indexed with."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import regex

from indexing.analysis import numbers
from indexing.analysis.chunks import CACHED_CHUNKS, ChunkTerms, Indexed, IndexedChunks
from indexing.analysis.folding import folded, lowered
from indexing.analysis.languages import LANGUAGES, Language
from indexing.analysis.tokens import OPAQUE, Token, TokenKind

MAX_TERM = 100
"""Characters of a term; the rest is cut off. Both engines treat longer ones in different ways."""
CACHED_FIELDS = 20_000
"""Brands, categories and attributes whose analysis is kept; many products share them. About 20 MB."""
SHARED_LENGTH = 300
"""Characters; longer texts are hardly ever shared."""

CODE_SEGMENTS = 4
"""The most parts of a code: longer chains are addresses of pages."""
CODE_LENGTH = 40
LETTERS_AND_DIGITS = 4
"""Digits of a code whose letters and digits are separated: "CR-2032", but not "3-in-1"."""
ONLY_DIGITS = 6
"""Digits of a code without letters: "501-0114", but not "10-12"."""
CAMEL_PARTS = 3
"""A word with this many capitals inside is several words without spaces; "MacBook" is one word."""

_LETTER = r"[\p{L}\p{M}\p{N}\u00ad\u200b-\u200d\u3300-\u33ff]"
_APOSTROPHE = r"['`\u2018\u2019\u02bc\u00b4\uff07]"
_RUN = rf"{_LETTER}+(?:{_APOSTROPHE}+{_LETTER}+)*"
_PIECE = regex.compile(
    r"(?P<symbol>(?<![\p{L}\p{N}])(?:[a-zA-Z](?:\+\+|\#)(?![\p{L}\p{N}+\#])|\.[nN][eE][tT](?![\p{L}\p{N}])"
    r"|[a-zA-Z]{1,3}&[a-zA-Z]{1,3}(?![\p{L}\p{N}&])))(?:['\u2019]s(?![\p{L}\p{N}]))?"
    rf"|{_RUN}(?:[-_./]{_RUN})*"
)
_RUNS = regex.compile(_RUN)
_UNSPACED = regex.compile(
    # Scripts that are written without spaces, and Hangul, whose particles are attached to the words.
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\u30fc\uff70\uff9e\uff9f]"
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\u30fc\uff70\uff9e\uff9f\p{M}]*"
)
_SPACED_SYMBOL = regex.compile(r"(?<![\p{L}\p{N}])[a-zA-Z] & [a-zA-Z](?![\p{L}\p{N}'\u2019])")
_PUNCTUATION = ".,;:!?()[]"
_CHUNK = re.compile(r"\S+")
_NUMERIC = regex.compile(r"\p{N}")
_CAMEL = regex.compile(r"\p{Lu}?\p{Ll}+|\p{Lu}+(?!\p{Ll})|\p{N}+")
_CLUSTER = regex.compile(r"\X")


@dataclass(frozen=True, slots=True)
class FieldText:
    """What a text field is indexed with: terms joined by spaces."""

    terms: str
    """The stem of each token in order, then those of their parts."""
    forms: str
    """The exact forms of words, numbers, codes and symbols, and of their parts."""


NO_TEXT = FieldText("", "")


class Analysis:
    """The analysis of texts in one language. Threads may share it."""

    def __init__(self, language: Language) -> None:
        """Analyse texts in `language`."""
        self.language = language
        self._chunk = lru_cache(CACHED_CHUNKS)(self._analysed)
        self._indexed = IndexedChunks(self._indexed_chunk)
        self._terms = ChunkTerms(self._indexed_chunk)
        self._expression_terms: dict[tuple[object, ...], Indexed] = {}
        self._field = lru_cache(CACHED_FIELDS)(self.field)
        self.term = lru_cache(CACHED_CHUNKS)(self._term)

    def tokens(self, text: str) -> tuple[Token, ...]:
        """Return the tokens of `text` in order, with their places in it."""
        return tuple(self._tokens(text))

    def query_tokens(self, text: str) -> tuple[Token, ...]:
        """Return the distinct tokens of a query, without stop words if there are other words."""
        distinct: dict[str, Token] = {}
        for token in self.tokens(text):
            distinct.setdefault(token.form, token)
        found = tuple(distinct.values())
        return tuple(each for each in found if each.form not in self.language.stop_words) or found

    def field(self, text: str) -> FieldText:
        """Return what a field with this text is indexed with."""
        found: list[Indexed] = []
        end = 0
        for start, next_end, token in self._expressions(text):
            found += map(self._indexed.__getitem__, text[end:start].split())
            found.append(self._indexed_expression(token))
            end = next_end
        found += map(self._indexed.__getitem__, text[end:].split())
        if not found:
            return NO_TEXT
        stems, parts, forms = zip(*found, strict=True)
        return FieldText(" ".join(filter(None, stems + parts)), " ".join(filter(None, forms)))

    def terms(self, text: str, *, limit: int) -> str:
        """Return the terms of the first `limit` words: those of `field`, in half of its time."""
        if len(self._terms) >= CACHED_CHUNKS:
            self._terms = ChunkTerms(self._indexed_chunk)
        known = self._terms
        stems: list[str] = []
        parts: list[str] = []
        end = 0
        for start, next_end, token in self._expressions(text):
            known.add(text[end:start].split()[: limit - len(stems)], stems, parts)
            if len(stems) == limit:
                break
            stem, of_parts, _ = self._indexed_expression(token)
            stems.append(stem)
            parts.append(of_parts)
            end = next_end
        known.add(text[end:].split()[: limit - len(stems)], stems, parts)
        return " ".join(filter(None, stems + parts))

    def shared_field(self, text: str) -> FieldText:
        """Return the same as `field`, faster for a text that other products have as well."""
        return self._field(text) if len(text) <= SHARED_LENGTH else self.field(text)

    def _indexed_chunk(self, chunk: str) -> Indexed:
        word = chunk.strip(_PUNCTUATION)
        if word.isascii() and word[1:].islower() and word.isalpha() and not self.language.turkic:
            # Most words need none of the other steps.
            form = word.lower()[:MAX_TERM]
            return self.language.stem(form), "", form
        return self._indexed_tokens(self._analysed(chunk))

    def _indexed_expression(self, token: Token) -> Indexed:
        key = (token.form, token.stem, token.parts)
        if (known := self._expression_terms.get(key)) is None:
            if len(self._expression_terms) >= CACHED_CHUNKS:
                self._expression_terms.clear()
            known = self._expression_terms[key] = self._indexed_tokens((token,))
        return known

    def _indexed_tokens(self, tokens: tuple[Token, ...]) -> Indexed:
        parts = [self.term(part) for token in tokens for part in token.parts]
        variants = [token.folded_stem for token in tokens if token.folded_stem]
        return (
            " ".join(token.stem for token in tokens),
            " ".join([*parts, *variants]),
            " ".join(form for token in tokens for form in _forms(token)),
        )

    def _term(self, form: str) -> str:
        """Return the term by which text fields contain `form`."""
        if form.startswith(OPAQUE):
            return form
        tokens = self.tokens(form)
        return tokens[0].stem if len(tokens) == 1 else form[:MAX_TERM]

    def _tokens(self, text: str) -> Iterator[Token]:
        end = 0
        for start, next_end, token in self._expressions(text):
            yield from self._words(text, end, start)
            yield token.placed(start, next_end)
            end = next_end
        yield from self._words(text, end, len(text))

    def _expressions(self, text: str) -> Iterable[numbers.Placed]:
        """Return the tokens that spaces may be part of, in order."""
        found = numbers.expressions(text, decimal_comma=self.language.decimal_comma)
        if " & " not in text:
            return found
        symbols = [
            (*match.span(), _symbol(match.group().replace(" ", "")))
            for match in _SPACED_SYMBOL.finditer(text)
        ]
        return sorted([*found, *symbols], key=lambda placed: placed[0])

    def _words(self, text: str, start: int, end: int) -> Iterator[Token]:
        for chunk in _CHUNK.finditer(text, start, end):
            offset = chunk.start()
            for token in self._chunk(chunk.group()):
                yield token.moved(offset) if offset else token

    def _analysed(self, chunk: str) -> tuple[Token, ...]:
        """Return the tokens of a text without spaces, and without quantities."""
        return tuple(self._pieces(chunk))

    def _pieces(self, chunk: str) -> Iterator[Token]:
        for piece in _PIECE.finditer(chunk):
            start, written = piece.start(), piece.group()
            if piece.group("symbol"):
                yield _symbol(piece.group("symbol")).placed(*piece.span())
                continue
            runs = [(each.group(), start + each.start()) for each in _RUNS.finditer(written)]
            code = _code([run for run, _ in runs]) if _NUMERIC.search(written) else None
            if code:
                yield code.placed(*piece.span())
            else:
                for run, place in runs:
                    yield from self._run(run, place)

    def _run(self, run: str, start: int) -> Iterator[Token]:
        """Yield the tokens of a text that has only letters, digits and apostrophes."""
        if run.isascii():
            yield from self._one(run, start)
            return
        end = 0
        for unspaced in _UNSPACED.finditer(run):
            yield from self._one(run[end : unspaced.start()], start + end)
            yield from _bigrams(unspaced.group(), start + unspaced.start())
            end = unspaced.end()
        yield from self._one(run[end:], start + end)

    def _one(self, run: str, start: int) -> Iterator[Token]:
        if not run:
            return
        end = start + len(run)
        if self.language.elisions and len(halves := regex.split(_APOSTROPHE, run, maxsplit=1)) > 1:
            elided, rest = halves
            if lowered(elided) in self.language.elisions and rest:
                run, start = rest, end - len(rest)
        exact = lowered(run, turkic=self.language.turkic)[:MAX_TERM]
        form = folded(exact)[:MAX_TERM]
        if not form:
            return
        if form.isdecimal():
            kind = TokenKind.CODE if len(form) >= numbers.CODE_DIGITS else TokenKind.NUMBER
            yield Token(form, form, start, end, kind)
            return
        stem, plain = folded(self.language.stem(exact)), ""
        if exact != form:
            plain = folded(self.language.stem(form))
        parts = _camel(run)
        yield Token(form, stem, start, end, TokenKind.WORD, parts, plain if plain != stem else "")


def _forms(token: Token) -> Iterator[str]:
    if token.kind is not TokenKind.QUANTITY:
        yield token.form
    for part in token.parts:
        if not part.startswith(OPAQUE):
            yield part


def _symbol(written: str) -> Token:
    form = folded(lowered(written))
    parts = (form.replace("&", ""),) if "&" in form else ()
    return Token(form, form, 0, len(written), TokenKind.SYMBOL, parts)


def _code(runs: list[str]) -> Token | None:
    """Return the code that the runs between its separators form, if they are one."""
    segments = tuple(folded(lowered(each)) for each in runs)
    whole = "".join(segments)
    digits = sum(each.isdecimal() for each in whole)
    mixed = any(not each.isdecimal() and _NUMERIC.search(each) for each in segments)
    enough = LETTERS_AND_DIGITS if digits < len(whole) else ONLY_DIGITS
    too_long = len(segments) > CODE_SEGMENTS or len(whole) > CODE_LENGTH
    is_code = mixed or (len(segments) > 1 and digits >= enough)
    if not digits or too_long or not is_code or _UNSPACED.search(whole):
        return None
    return Token(whole, whole, 0, 0, TokenKind.CODE, segments if len(segments) > 1 else ())


def _bigrams(run: str, start: int) -> Iterator[Token]:
    """Yield each pair of adjacent characters; a single character is a token of its own."""
    clusters = [(each.group(), each.span()) for each in _CLUSTER.finditer(run)]
    single = [folded(lowered(cluster)) for cluster, _ in clusters]
    if len(clusters) == 1:
        yield Token(single[0], single[0], start, start + len(run))
    for place in range(len(clusters) - 1):
        form = single[place] + single[place + 1]
        parts = (single[place], single[place + 1]) if place == len(clusters) - 2 else (single[place],)
        first, last = clusters[place][1][0], clusters[place + 1][1][1]
        yield Token(form, form, start + first, start + last, TokenKind.WORD, parts)


def _camel(run: str) -> tuple[str, ...]:
    """Return the words of "HandmadeLeatherWallet"."""
    if run.islower() or run.isupper() or run[1:].islower():
        return ()
    parts = _CAMEL.findall(run)
    if len(parts) < CAMEL_PARTS or min(map(len, parts)) < CAMEL_PARTS:
        return ()
    return tuple(folded(lowered(part)) for part in parts)


@cache
def analysis_for(language: str) -> Analysis:
    """Return the analysis of texts in `language`.

    Raises:
        KeyError: there is no such language.
    """
    return Analysis(LANGUAGES[language])
