"""One sentence for shoppers about how their query was read, and its clauses as data for other languages.

Each clause has a code and values, so that a client can write the sentence in its shopper's language.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from rest_framework import serializers

from backend.search.serializers import limit_shown
from indexing.page import Matched, SearchPage


class ClauseCode(StrEnum):
    """What a clause says."""

    FOUND = "found"
    """The number of products, and the words that were searched, corrected."""
    AT_LEAST = "at_least"
    """The lowest price, and its currency."""
    AT_MOST = "at_most"
    """The highest price, and its currency."""
    BETWEEN = "between"
    """The lowest and the highest price, and their currency."""
    EXCLUDED = "excluded"
    """What no product has."""
    PHRASES = "phrases"
    """The phrases that every product has."""
    NOT_FOUND = "not_found"
    """The words as they were typed, one of which no product has; others were searched."""
    CORRECTED = "corrected"
    """The words as they were typed, which few products have; others were searched as well."""
    OPTIONAL = "optional"
    """Words that were not searched."""
    MOST = "most"
    """No values: some products have only most of the words."""
    ANY = "any"
    """No values: some products have only some of the words."""
    SIMILAR = "similar"
    """No values: no product has any of the words; these are similar."""


CONDITIONS = frozenset(
    {ClauseCode.AT_LEAST, ClauseCode.AT_MOST, ClauseCode.BETWEEN, ClauseCode.EXCLUDED, ClauseCode.PHRASES}
)
"""Clauses that continue the first one; the others follow after semicolons."""

RELAXED = {
    Matched.MOST: (ClauseCode.MOST, "some have only most of these words"),
    Matched.ANY: (ClauseCode.ANY, "some have only some of these words"),
    Matched.SIMILAR: (ClauseCode.SIMILAR, "none has these words, but a similar meaning"),
}


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of the sentence."""

    code: ClauseCode
    text: str
    """In English."""
    values: tuple[str, ...] = ()


class ClauseSerializer(serializers.Serializer[Any]):
    """A clause of the summary."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "code": "at_most",
        "text": "priced at most 100.00 EUR",
        "values": ["100.00", "EUR"],
    }

    code = serializers.ChoiceField(
        choices=[code.value for code in ClauseCode],
        help_text="What the clause says; docs/decisions/search-page.md lists the codes with their values.",
    )
    text = serializers.CharField(help_text="The clause in English.")
    values = serializers.ListField(
        child=serializers.CharField(), help_text="What to insert into a translation of the clause."
    )


class SummarySerializer(serializers.Serializer[Any]):
    """How the query was read, in one sentence for shoppers."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"text": '1 product for "copper kettle" priced at most 100.00 EUR.'}

    text = serializers.CharField(help_text="The sentence in English, as plain text.")
    clauses = ClauseSerializer(many=True, help_text="Its clauses, for sentences in other languages.")


def summary_shown(page: SearchPage) -> dict[str, Any]:
    """Return the representation that SummarySerializer describes."""
    found = [*clauses(page)]
    return {
        "text": sentence(found),
        "clauses": [
            {"code": each.code.value, "text": each.text, "values": list(each.values)} for each in found
        ],
    }


def sentence(found: Sequence[Clause]) -> str:
    """Return the clauses as one sentence."""
    first = " ".join(each.text for each in found if each.code is ClauseCode.FOUND or each.code in CONDITIONS)
    others = [
        each.text for each in found if each.code is not ClauseCode.FOUND and each.code not in CONDITIONS
    ]
    return "; ".join([first, *others]) + "."


def clauses(page: SearchPage) -> Iterator[Clause]:
    """Yield what there is to say about a page: the number of products first."""
    corrected = page.plan.corrected_text if page.plan else None
    products = page.count if page.products is None else page.products
    yield _found(products, corrected or page.searched_text)
    yield from _conditions(page)
    if page.plan and corrected:
        typed = page.searched_text
        if page.plan.has_typed_words:
            yield Clause(ClauseCode.CORRECTED, f"corrected from {_quoted(typed)}", (typed,))
        else:
            yield Clause(ClauseCode.NOT_FOUND, f"nothing matched {_quoted(typed)}", (typed,))
    if optional := page.understood.optional:
        verb = "wasn't" if len(optional) == 1 else "weren't"
        yield Clause(ClauseCode.OPTIONAL, f"{_listed(optional)} {verb} searched", optional)
    if page.count and page.matched in RELAXED:
        yield Clause(*RELAXED[page.matched])


def _found(count: int, text: str) -> Clause:
    number = f"{count:,}" if count else "No"
    noun = "product" if count == 1 else "products"
    searched = f" for {_quoted(text)}" if text.strip() else ""
    return Clause(ClauseCode.FOUND, f"{number} {noun}{searched}", (str(count), text))


def _conditions(page: SearchPage) -> Iterator[Clause]:
    understood, currency = page.understood, page.currency or ""
    lowest = limit_shown(understood.min_price, page.currency)
    highest = limit_shown(understood.max_price, page.currency)
    if lowest is not None and highest is not None:
        text = f"priced from {lowest} to {highest} {currency}".rstrip()
        yield Clause(ClauseCode.BETWEEN, text, (lowest, highest, currency))
    elif lowest is not None:
        yield Clause(ClauseCode.AT_LEAST, f"priced at least {lowest} {currency}".rstrip(), (lowest, currency))
    elif highest is not None:
        yield Clause(ClauseCode.AT_MOST, f"priced at most {highest} {currency}".rstrip(), (highest, currency))
    if understood.excluded:
        text = f"without {_listed(understood.excluded, last='or')}"
        yield Clause(ClauseCode.EXCLUDED, text, understood.excluded)
    if understood.phrases:
        noun = "phrase" if len(understood.phrases) == 1 else "phrases"
        text = f"with the {noun} {_listed(understood.phrases)}"
        yield Clause(ClauseCode.PHRASES, text, understood.phrases)


def _listed(texts: Sequence[str], *, last: str = "and") -> str:
    *others, end = map(_quoted, texts)
    return f"{', '.join(others)} {last} {end}" if others else end


def _quoted(text: str) -> str:
    return f'"{text}"'
