"""Schema versions: each generation has one.

A release builds generations of VERSION, and reads and writes generations of earlier versions as well, with
the fields of each. During an upgrade the old generation therefore serves until `rebuild_index` has built and
swapped in a new one. A value for which an earlier version has no field is not written to its generations, and
a search that needs such a field is refused. See
docs/decisions/index-generations.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from operator import attrgetter

from indexing.analysis import DEFAULT_LANGUAGE, LANGUAGES, Analysis, Token, analysis_for
from indexing.document import ProductDocument
from indexing.encoder.identity import EncoderIdentity
from indexing.errors import FieldNotIndexed, UnsupportedSchema
from indexing.fields import BRAND_FOLDED, FIELDS, FieldKind, IndexField
from indexing.filters import FILTERS, FLAGS, FilterDeclaration, FilterKind, Filters
from indexing.grouping import BRAND, groups_of
from indexing.indexed_product import flatten
from indexing.mapping import key
from indexing.text import query_tokens, words

VERSION = 4
"""Increased with every release that changes the fields; tests/indexing/schemas records each version."""
EARLIEST_VERSION = 1
"""That of the earliest release that can be upgraded to this one without a release in between."""


MAX_QUERY_WORDS = 16
"""The cost of a query grows with its words, and a longer one is a pasted title, which its beginning finds."""
ANALYSED_SINCE = 3
"""The first version whose text fields contain the terms of indexing.analysis."""


def _flag_field(declared: FilterDeclaration) -> IndexField:
    value = attrgetter(f"document.{declared.field}")
    return IndexField(name=declared.field, kind=FieldKind.FLAG, value=value, since=declared.since)


ALL_FIELDS = (*FIELDS, *map(_flag_field, FLAGS))


@dataclass(frozen=True)
class IndexSchema:
    """The fields of the generations of one version, and the language of their texts."""

    version: int
    language: str = DEFAULT_LANGUAGE
    encoder: EncoderIdentity | None = None
    """The encoder of the generation's vectors; None if it has none."""
    collapses: tuple[str, ...] = ()
    """The names, without case, of the attributes of which Elasticsearch has a field of groups."""

    @cached_property
    def fields(self) -> tuple[IndexField, ...]:
        """The fields of this version, in the order of the table."""
        return tuple(each for each in ALL_FIELDS if each.is_in(self.version))

    @cached_property
    def _by_property(self) -> Mapping[str, IndexField]:
        return {each.property: each for each in self.fields}

    @property
    def analysis(self) -> Analysis:
        """The analysis of texts and queries; generations of versions 1 and 2 have their own."""
        return analysis_for(self.language)

    @property
    def stems_in_engine(self) -> bool:
        """Whether the text fields contain words that the engine has stemmed itself."""
        return self.version < ANALYSED_SINCE

    def query_tokens(self, text: str) -> tuple[Token, ...]:
        """Return the distinct tokens of a query in order, without stop words if there are other words.

        Only the first MAX_QUERY_WORDS count.
        """
        found = query_tokens(text) if self.stems_in_engine else self.analysis.query_tokens(text)
        return found[:MAX_QUERY_WORDS]

    def query_words(self, text: str) -> tuple[str, ...]:
        """Return the forms of the tokens of a query."""
        return tuple(token.form for token in self.query_tokens(text))

    def forms(self, text: str) -> tuple[str, ...]:
        """Return the words of a text in order and in their exact forms, with stop words."""
        return tuple(
            words(text) if self.stems_in_engine else (each.form for each in self.analysis.tokens(text))
        )

    def term(self, word: str) -> str:
        """Return what to search text fields for, to find `word`."""
        return word if self.stems_in_engine else self.analysis.term(word)

    def has(self, name: str) -> bool:
        """Return whether this version has a field for the property `name`."""
        return name in self._by_property

    def field(self, name: str) -> IndexField:
        """Return the field of the property `name`.

        Raises:
            FieldNotIndexed: this version has none.
        """
        try:
            return self._by_property[name]
        except KeyError:
            raise FieldNotIndexed(name, version=self.version) from None

    def group_field(self, by: str) -> str:
        """Return the name of the field of the groups by brand, or by an attribute, on Elasticsearch.

        Raises:
            FieldNotIndexed: there is none.
        """
        if by == BRAND:
            return self.field(BRAND_FOLDED).name
        if key(by) not in self.collapses:
            raise FieldNotIndexed(f"for groups by {by}", version=self.version)
        return f"group_{self.collapses.index(key(by))}"

    def groups(self, document: ProductDocument) -> dict[str, str]:
        """Return the groups of a product by attributes, by field name."""
        found = groups_of(document) if self.collapses else {}
        return {self.group_field(name): found[name] for name in self.collapses if name in found}

    def has_fields_of(self, filters: Filters) -> bool:
        """Return whether this version has a field for each of the filters that are set."""
        given = filters.given()
        return all(
            self.has(each.field)
            for each in FILTERS
            if each.name in given and each.kind is not FilterKind.ATTRIBUTES
        )

    def values(self, document: ProductDocument, *, nested: bool = True) -> dict[str, object]:
        """Return the indexed values of `document`, by field name; `nested` includes its selections."""
        flat = flatten(document, analysis=self.analysis)
        return {
            each.name: each.value(flat)
            for each in self.fields
            if nested or each.kind is not FieldKind.SELECTIONS
        }


EARLIER = tuple(map(IndexSchema, range(EARLIEST_VERSION, VERSION)))
CURRENT = IndexSchema(VERSION)
SERVED: Mapping[object, IndexSchema] = {each.version: each for each in (*EARLIER, CURRENT)}


def is_unsupported(version: object) -> bool:
    """Return whether `version` is a version that this release does not serve."""
    return isinstance(version, int) and version not in SERVED


def schema_of(
    generation: str,
    version: object,
    *,
    language: str = DEFAULT_LANGUAGE,
    encoder: EncoderIdentity | None = None,
    collapses: tuple[str, ...] = (),
) -> IndexSchema:
    """Return the schema of a generation of `version` in `language`, with vectors and groups of attributes.

    Raises:
        UnsupportedSchema: this release does not serve that version, or does not know that language.
    """
    try:
        return _variant(SERVED[version], language, encoder, collapses)
    except (KeyError, TypeError):
        raise UnsupportedSchema(
            generation, version=version, earliest=EARLIEST_VERSION, current=VERSION
        ) from None


@cache
def _variant(
    schema: IndexSchema, language: str, encoder: EncoderIdentity | None, collapses: tuple[str, ...]
) -> IndexSchema:
    LANGUAGES[language]
    return replace(schema, language=language, encoder=encoder, collapses=collapses)
