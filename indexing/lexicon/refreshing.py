"""Build the lexicon of a generation from the generation itself, and store it."""

from collections.abc import Iterator

from indexing.analysis import Analysis, analysis_for
from indexing.engine import SearchEngine
from indexing.errors import GenerationNotFound
from indexing.fields import ATTRIBUTE, BRAND_TOKEN, CATEGORY_TOKEN, PAIR, WORD
from indexing.lexicon.building import LexiconSource, build
from indexing.lexicon.values import NamedValue, ValueKind
from indexing.mapping import normalised, parts_of

CHANGED_SHARE = 0.02
"""The share of added or removed products after which a lexicon is built again."""


def refresh(engine: SearchEngine, generation: str) -> None:
    """Build the lexicon of `generation` and store it.

    Raises:
        FieldNotIndexed: the generation's schema version lacks the fields; its searches correct nothing.
    """
    words = list(engine.counts(generation, WORD))
    source = LexiconSource(
        products=engine.count(generation),
        words=words,
        pairs=engine.counts(generation, PAIR),
        named=_named(engine, generation),
        stem=_analysis(engine, generation).term,
    )
    engine.save_lexicon(generation, build(source))


def _analysis(engine: SearchEngine, generation: str) -> Analysis:
    for each in engine.generations():
        if each.name == generation:
            return analysis_for(each.language)
    raise GenerationNotFound(generation)


def has_changed(engine: SearchEngine, generation: str) -> bool:
    """Return whether so many products were added or removed that the lexicon should be built again."""
    known = engine.lexicon(generation, wait=True).products
    return abs(engine.count(generation) - known) > CHANGED_SHARE * known


def _named(engine: SearchEngine, generation: str) -> Iterator[tuple[str, NamedValue]]:
    for token, products in engine.counts(generation, BRAND_TOKEN):
        text, brand = parts_of(token)
        yield text, NamedValue(ValueKind.BRAND, brand, products)
    for token, products in engine.counts(generation, CATEGORY_TOKEN):
        path, _ = parts_of(token)
        yield normalised(path.rpartition(" > ")[2]), NamedValue(ValueKind.CATEGORY, path, products)
    for token, products in engine.counts(generation, ATTRIBUTE):
        name, value = parts_of(token)
        yield normalised(value), NamedValue(ValueKind.ATTRIBUTE, value, products, name)
