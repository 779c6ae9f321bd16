"""Make the plan of a query from its tokens and the lexicon of the generation."""

import math
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from indexing.analysis import Token, TokenKind
from indexing.lexicon.lexicon import EMPTY, Lexicon
from indexing.planning.budget import FEW_WORDS, codes_begun, most_telling, rarest
from indexing.planning.codes import CountCodes, alternatives, with_codes
from indexing.planning.hypotheses import Hypothesis, Spelling
from indexing.planning.lattice import Choice, likeliest
from indexing.planning.plan import Alternative, AlternativeKind, Need, Plan, Term
from indexing.planning.variants import code_splits, is_name, joined, splits
from indexing.planning.vocabulary import Stem, Vocabulary
from indexing.ranking import RankingOptions
from indexing.rules.synonyms import NO_SYNONYMS, Synonyms

VARIANT_WEIGHT = 0.9
"""For "macbook" if the query is "mac book", and vice versa."""
SYNONYM_WEIGHT = 0.9
"""Products with the word that was typed rank before products that only have a synonym."""
TYPED_WEIGHT = 0.3
"""For the typed form of a corrected word, which a few products have."""
MAX_CORRECTIONS = 3
MIN_WEIGHT = 0.1
"""Hypotheses with less than a tenth of the best one's likelihood are left out."""

Count = Callable[[Sequence[str]], Mapping[str, int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Knowledge:
    """What plans are made from."""

    stem: Stem
    """Return the term of a form in the text fields."""
    count: Count
    """Return how many products have each of these forms in any field, with one request to the engine."""
    lexicon: Lexicon = EMPTY
    synonyms: Synonyms = NO_SYNONYMS
    count_codes: CountCodes | None = None
    """Return how many products have a code that begins with each of these; None if codes aren't indexed."""
    links: Sequence[str] = ()
    """Letters that the shop's language inserts between the parts of a compound."""


def plan(text: str, tokens: Sequence[Token], knowledge: Knowledge, *, ranking: RankingOptions) -> Plan:
    """Return how to search for the tokens of `text`.

    The engine is asked once, only if a word that the lexicon does not know would be replaced: products may be
    newer than the lexicon, and descriptions are not in it.
    """
    if knowledge.count_codes is not None:
        tokens = with_codes(text, tokens, knowledge.count_codes)
    vocabulary = Vocabulary(knowledge.lexicon, stem=knowledge.stem)
    planner = _Planner(text, tuple(tokens), knowledge, ranking, vocabulary)
    choices = planner.choices()
    unknown = [
        tokens[position].form
        for choice in choices
        if choice.best.kind is not AlternativeKind.LITERAL
        for position in range(choice.best.start, choice.best.end)
        if not vocabulary.frequency(tokens[position].form)
    ]
    if unknown and any(counted := knowledge.count(unknown).values()):
        counts = dict(zip(unknown, counted, strict=True))
        known = Vocabulary(knowledge.lexicon, stem=knowledge.stem, counted=counts)
        planner = _Planner(text, tuple(tokens), knowledge, ranking, known)
        choices = planner.choices()
    return planner.plan(choices)


@dataclass(slots=True)
class _Planner:
    text: str
    tokens: tuple[Token, ...]
    knowledge: Knowledge
    ranking: RankingOptions
    vocabulary: Vocabulary
    alternatives: dict[tuple[int, int], dict[Term, Alternative]] = field(default_factory=dict)

    def choices(self) -> list[Choice]:
        """Return the likeliest reading of all tokens."""
        if not self.tokens:
            return []
        spelling = Spelling(self.vocabulary, links=self.knowledge.links)
        found = [spelling.literal(place, token.form) for place, token in enumerate(self.tokens)]
        if self.vocabulary.lexicon.products:
            found += self._respelt(spelling)
            if self.ranking.joins_and_splits_words:
                found += self._units() + self._joined(spelling)
        return likeliest(found, words=len(self.tokens), vocabulary=self.vocabulary)

    def _respelt(self, spelling: Spelling) -> list[Hypothesis]:
        spanned = self._spanned()
        wanted = {AlternativeKind.CORRECTED: self.ranking.corrects_spelling}
        wanted[AlternativeKind.SPLIT] = self.ranking.joins_and_splits_words
        words = [
            place
            for place, token in enumerate(self.tokens)
            if token.kind is TokenKind.WORD and place not in spanned
        ]
        return [
            each
            for place in rarest(words, lambda place: self.vocabulary.frequency(self.tokens[place].form))
            for each in spelling.respelt(place, self.tokens[place].form, also_split=self._has_few_words)
            if wanted[each.kind]
        ]

    @property
    def _has_few_words(self) -> bool:
        return len(self.tokens) <= FEW_WORDS

    def _spanned(self) -> set[int]:
        """Return the positions of words with synonyms, which are known for that reason."""
        forms = [token.form for token in self.tokens]
        expansions = self.knowledge.synonyms.expansions(forms)
        return {place for each in expansions for place in range(each.start, each.end)}

    def _adjacent(self) -> list[int]:
        """Return the positions of words that only spaces or hyphens separate from the next word."""
        return [
            place
            for place in range(len(self.tokens) - 1)
            if not any(map(str.isalnum, self.text[self.tokens[place].end : self.tokens[place + 1].start]))
            and self.tokens[place].end <= self.tokens[place + 1].start
        ]

    def _units(self) -> list[Hypothesis]:
        """Return a hypothesis for each two words that are one unit, likelier than the words alone."""
        found = []
        for place in self._adjacent():
            words = self._forms(place)
            unit = joined(*words, self.vocabulary)
            if unit and unit.is_unit:
                alone = sum(map(self.vocabulary.word_score, words)) + self.vocabulary.pair_score(*words)
                single = self.vocabulary.word_score(unit.word)
                score = max(alone, single)
                found.append(Hypothesis(place, place + 2, words, score + 0.1, AlternativeKind.LITERAL))
        return found

    def _joined(self, spelling: Spelling) -> list[Hypothesis]:
        unknown = [
            place for place in self._adjacent() if not all(map(self.vocabulary.frequency, self._forms(place)))
        ]
        return [
            each
            for place in rarest(
                unknown, lambda place: sum(map(self.vocabulary.frequency, self._forms(place)))
            )
            for each in spelling.joined(place, *self._forms(place))
            if self.ranking.corrects_spelling or each.words == ("".join(self._forms(place)),)
        ]

    def _forms(self, place: int) -> tuple[str, str]:
        return self.tokens[place].form, self.tokens[place + 1].form

    def plan(self, choices: Sequence[Choice]) -> Plan:
        """Return the plan of the likeliest reading."""
        for choice in choices:
            span = (choice.best.start, choice.best.end)
            self.alternatives[span] = {each.term: each for each in self._terms(choice)}
        if self.ranking.joins_and_splits_words:
            self._add_joined(choices)
        self._add_synonyms()
        begun = codes_begun(self.tokens)
        needs, optional = most_telling(
            [
                Need(tuple(range(*span)), (*found.values(), *self._codes(*span, begun=begun)))
                for span, found in self.alternatives.items()
            ],
            products=self._products,
        )
        only_codes = all(token.kind is TokenKind.CODE for token in self.tokens)
        return Plan(needs, self._corrected_text(choices), only_codes, self._rarest(needs), optional=optional)

    def _terms(self, choice: Choice) -> list[Alternative]:
        best = choice.best
        found = [Alternative(best.words, 1.0, best.kind)]
        token = self.tokens[best.start]
        if token.folded_stem and best.words == (token.form,):
            # Accents change the stem: "brodée" is a form of "brodé", and "brodee" of neither.
            found.append(Alternative((token.stem,)))
        if token.kind is TokenKind.CODE and len(token.parts) > 1:
            found.append(Alternative(token.parts, VARIANT_WEIGHT, AlternativeKind.SPLIT))
        if best.kind is AlternativeKind.LITERAL and len(best.words) > 1:
            found.append(Alternative(("".join(best.words),), VARIANT_WEIGHT, AlternativeKind.JOINED))
        if best.kind is not AlternativeKind.LITERAL:
            found += self._others(choice)
        if len(best.words) == 1 and self.ranking.joins_and_splits_words:
            is_code = self.tokens[best.start].kind is TokenKind.CODE
            written = (code_splits if is_code else splits)(best.words[0], self.vocabulary)
            found += [Alternative(words, VARIANT_WEIGHT, AlternativeKind.SPLIT) for words in written]
        return found

    def _codes(self, start: int, end: int, *, begun: Container[Token]) -> Iterator[Alternative]:
        if self.knowledge.count_codes is None or end - start > 1:
            return
        token, alone = self.tokens[start], len(self.tokens) == 1
        if alone or not is_name(token, self.vocabulary):
            yield from alternatives(token, alone=alone, begun=token in begun)

    def _others(self, choice: Choice) -> list[Alternative]:
        """Return the next likeliest readings of a span that is not meant as it was typed."""
        further = MAX_CORRECTIONS - 1 if self._has_few_words else 0
        found = [
            Alternative(other.words, weight, other.kind)
            for other, weight in choice.others[:further]
            if weight >= MIN_WEIGHT and other.kind is not AlternativeKind.LITERAL
        ]
        typed = tuple(token.form for token in self.tokens[choice.best.start : choice.best.end])
        if len(typed) == 1 and self.vocabulary.family(typed[0]):
            found.append(Alternative(typed, TYPED_WEIGHT))
        return found

    def _add_joined(self, choices: Sequence[Choice]) -> None:
        """Let a joined word satisfy the needs of both words that may also be meant separately.

        They are joined as they are meant: "lunchbox" for "lunhc box".
        """
        words = {each.best.start: each.best.words[0] for each in choices if _is_single(each.best)}
        for place in self._adjacent():
            if place not in words or place + 1 not in words:
                continue
            if found := joined(words[place], words[place + 1], self.vocabulary):
                for span in ((place, place + 1), (place + 1, place + 2)):
                    self._add(span, Alternative((found.word,), VARIANT_WEIGHT, AlternativeKind.JOINED))

    def _add_synonyms(self) -> None:
        """Let the synonyms of a span of words satisfy every need that has one of the words."""
        for each in self.knowledge.synonyms.expansions([token.form for token in self.tokens]):
            for start, end in self.alternatives:
                if start < each.end and each.start < end:
                    for term in each.alternatives:
                        self._add((start, end), Alternative(term, SYNONYM_WEIGHT, AlternativeKind.SYNONYM))

    def _add(self, span: tuple[int, int], alternative: Alternative) -> None:
        self.alternatives[span].setdefault(alternative.term, alternative)

    def _corrected_text(self, choices: Sequence[Choice]) -> str | None:
        """Return the text with what was replaced; everything else stays as it was typed."""
        pieces, end = [], 0
        for choice in choices:
            best = choice.best
            if best.kind is not AlternativeKind.LITERAL:
                pieces += [self.text[end : self.tokens[best.start].start], " ".join(best.words)]
                end = self.tokens[best.end - 1].end
        return "".join([*pieces, self.text[end:]]).strip() if pieces else None

    def _rarest(self, needs: Sequence[Need]) -> float:
        if not self.vocabulary.lexicon.products:
            return math.inf
        return min((sum(map(self._products, need.alternatives)) for need in needs), default=math.inf)

    def _products(self, alternative: Alternative) -> int:
        return min(map(self.vocabulary.family, alternative.term))


def _is_single(hypothesis: Hypothesis) -> bool:
    """Return whether one word is meant by one word."""
    return hypothesis.end - hypothesis.start == 1 and len(hypothesis.words) == 1
