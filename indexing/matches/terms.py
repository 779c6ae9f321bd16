"""Find the words of a plan in a text.

A text is analysed like the index's fields, so a word is found if the engine finds it: inflected, with
accents, as a part of a longer word, or as the words of a phrase side by side.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from indexing.analysis import Analysis, Token
from indexing.analysis.codes import canonical, is_model_number, parts
from indexing.analysis.folding import folded, lowered
from indexing.matches.values import Found
from indexing.planning.plan import CODE_SCORES, AlternativeKind, Plan, Term

CACHED_PLANS = 256
MAX_KNOWN = 2_048
"""Values of variants that are remembered for a plan."""


@dataclass(frozen=True, slots=True, eq=False)
class SearchedTerms:
    """The terms of a plan, each with the needs that it satisfies: a bit for each need."""

    analysis: Analysis
    words: Mapping[str, int]
    phrases: Mapping[str, Sequence[tuple[Term, int]]]
    """Terms that must be side by side, by their first one."""
    codes: Mapping[str, int]
    """Codes, also those of which the beginning or a part is enough."""
    prefixes: frozenset[str] = frozenset()
    """The codes of which the beginning or a part is enough."""
    beginning: str = ""
    """What was typed of the last word."""
    completed: frozenset[str] = frozenset()
    """The terms that begin with `beginning`, and aren't the word itself."""
    _known: dict[str, tuple[int, bool]] = field(default_factory=dict, repr=False, compare=False)

    @staticmethod
    @lru_cache(CACHED_PLANS)
    def of(plan: Plan, *, analysis: Analysis) -> "SearchedTerms":
        """Return the terms of `plan`, as texts in the language of `analysis` contain them.

        Equal plans have the same terms, which remember what they have found.
        """
        words: dict[str, int] = defaultdict(int)
        phrases: dict[str, list[tuple[Term, int]]] = defaultdict(list)
        codes: dict[str, int] = defaultdict(int)
        by_kind: dict[AlternativeKind, set[str]] = defaultdict(set)
        for number, need in enumerate((*plan.needs, *plan.optional)):
            for each in need.alternatives:
                terms = each.term if each.kind in CODE_SCORES else tuple(map(analysis.term, each.term))
                by_kind[each.kind].add(terms[0])
                if each.kind in CODE_SCORES:
                    codes[terms[0]] |= 1 << number
                elif len(terms) > 1:
                    phrases[terms[0]].append((terms, 1 << number))
                else:
                    words[terms[0]] |= 1 << number
        return SearchedTerms(
            analysis,
            words,
            phrases,
            codes,
            prefixes=frozenset(by_kind[AlternativeKind.CODE_PREFIX]),
            beginning=plan.beginning,
            completed=frozenset(by_kind[AlternativeKind.PREFIX]),
        )

    def found_in(self, text: str, tokens: Sequence[Token] | None = None) -> tuple[Found, ...]:
        """Return the parts of `text` that satisfy needs, in order, without overlaps.

        `tokens` are those of the text, if they are known.
        """
        if tokens is None:
            tokens = self.analysis.tokens(text)
        words, phrases = self.words, self.phrases
        found: list[Found] = []
        for place, token in enumerate(tokens):
            if needs := words.get(token.stem, 0) | words.get(token.folded_stem, 0):
                found.append(self._word(text, token, needs))
            if token.parts:
                found += self._in_parts(text, token)
            if token.stem in phrases:
                found += self._phrases(tokens, place)
            if self.codes:
                found += self._model_number(text, token)
        return tuple(_disjoint(found)) if len(found) > 1 else tuple(found)

    def satisfied_by(self, value: str) -> tuple[int, bool]:
        """Return the needs that a short text satisfies, and whether all of its words do.

        It is computed once for most values: the variants of a page share most of theirs.
        """
        if (known := self._known.get(value)) is not None:
            return known
        needs, tokens = 0, self.analysis.tokens(value)
        found = self.found_in(value, tokens)
        for each in found:
            needs |= each.needs
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        known = self._known[value] = needs, bool(tokens) and len(found) == len(tokens)
        return known

    def code_in(self, written: str) -> int:
        """Return how well a SKU or another code matches: 3 whole, 2 its beginning, 1 a part, 0 not at all."""
        code = canonical(written) if self.codes else ""
        if code in self.codes:
            return 3
        if any(code.startswith(each) for each in self.prefixes):
            return 2
        ends = parts(written) if self.prefixes else ()
        return int(any(end.startswith(each) for end in ends for each in self.prefixes))

    def _word(self, text: str, token: Token, needs: int) -> Found:
        """Return the word, or what was typed of it."""
        if self.beginning and token.stem in self.completed and token.form != self.beginning:
            end = min(token.start + len(self.beginning), token.end)
            if folded(lowered(text[token.start : end])) == self.beginning:
                return Found(token.start, end, needs)
        return Found(token.start, token.end, needs)

    def _in_parts(self, text: str, token: Token) -> Iterator[Found]:
        """Yield the parts of a token that satisfy needs: "Leather" of "HandmadeLeatherWallet"."""
        terms = tuple(map(self.analysis.term, token.parts))
        for part, term in zip(token.parts, terms, strict=True):
            if needs := self.words.get(term, 0):
                yield _part(text, token, part, needs)
        for place, term in enumerate(terms):
            for phrase, needs in self.phrases.get(term, ()):
                if terms[place : place + len(phrase)] == phrase:
                    yield Found(token.start, token.end, needs)

    def _phrases(self, tokens: Sequence[Token], place: int) -> Iterator[Found]:
        for phrase, needs in self.phrases[tokens[place].stem]:
            adjacent = tokens[place : place + len(phrase)]
            if tuple(each.stem for each in adjacent) == phrase:
                for each in adjacent:
                    yield Found(each.start, each.end, needs)

    def _model_number(self, text: str, token: Token) -> Iterator[Found]:
        written = text[token.start : token.end]
        if not is_model_number(token, written):
            return
        code = canonical(written)
        ends = (code, *parts(written))
        for each in self.prefixes:
            end = next((end for end in ends if end.startswith(each)), None)
            if end is not None:
                first = len(code) - len(end)
                start, stop = _written_span(written, code, first, first + len(each))
                yield Found(token.start + start, token.start + stop, self.codes[each])


def _part(text: str, token: Token, part: str, needs: int) -> Found:
    """Return the place of a part in a token, or the whole token if it is written in another way."""
    written = text[token.start : token.end].lower()
    place = written.find(part)
    if place < 0 or len(written) != token.end - token.start:
        return Found(token.start, token.end, needs)
    return Found(token.start + place, token.start + place + len(part), needs)


def _written_span(written: str, code: str, first: int, last: int) -> tuple[int, int]:
    """Return the place of the characters `first` to `last` of a canonical code in the code as written."""
    places = [place for place, character in enumerate(written) if character.isalnum()]
    if len(places) != len(code):
        return 0, len(written)
    return places[first], places[last - 1] + 1


def _disjoint(found: Iterable[Found]) -> Iterator[Found]:
    """Yield the parts of a text in order; overlapping ones, such as pairs of characters, become one."""
    ordered = iter(sorted(found))
    last = next(ordered)
    for each in ordered:
        if each.start < last.end:
            last = Found(last.start, max(last.end, each.end), last.needs | each.needs)
        else:
            yield last
            last = each
    yield last
