"""A product document with the values that both engines index.

Text is analysed here (see indexing.analysis), so engines receive terms joined by spaces and only split them.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

from indexing.analysis import Analysis, codes
from indexing.analysis.analyzer import FieldText
from indexing.attributes import KeyedSelection, attribute_keys, keyed_selections
from indexing.document import CategoryReference, ProductDocument
from indexing.mapping import category_token, key, normalised, score_factor, token
from indexing.text import pairs, phrases, plain, words

MAX_DESCRIPTION_WORDS = 400
"""The beginning describes the product; sellers' terms and shipping tables are at the end."""

CACHED_CATEGORIES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedText:
    """The text fields of schema versions 1 and 2: words joined by spaces, which the engines stem."""

    title: str
    brand: str
    categories: str
    attributes: str
    description: str

    @property
    def vocabulary(self) -> str:
        """The vocabulary for spelling corrections: all words except those of the description."""
        return " ".join((self.title, self.brand, self.categories, self.attributes))


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysedText:
    """The text fields since schema version 3."""

    title: FieldText
    brand: FieldText
    categories: FieldText
    attributes: FieldText
    description: str

    @property
    def vocabulary(self) -> str:
        """The exact forms of all words except those of the description."""
        fields = (self.title, self.brand, self.categories, self.attributes)
        return " ".join(each.forms for each in fields if each.forms)


@dataclass(frozen=True)
class IndexedProduct:
    """A product document with the values of its index fields, each of which is computed when it is needed."""

    document: ProductDocument
    analysis: Analysis

    @cached_property
    def title(self) -> str:
        """The title without markup."""
        return plain(self.document.title)

    @cached_property
    def attributes(self) -> str:
        """The distinct values of all attributes."""
        values = [*self.document.attributes.values()]
        for variant in self.document.variants:
            values.extend(variant.attributes.values())
        return " ".join(dict.fromkeys(values))

    @cached_property
    def text(self) -> IndexedText:
        """The text fields of schema versions 1 and 2, as `indexing.text` splits them."""
        return IndexedText(
            title=normalised(self.title),
            brand=normalised(self.document.brand),
            categories=normalised(" ".join(each.name for each in self.document.categories)),
            attributes=normalised(self.attributes),
            description=" ".join(words(plain(self.document.description))[:MAX_DESCRIPTION_WORDS]),
        )

    @cached_property
    def analysed(self) -> AnalysedText:
        """The text fields since schema version 3."""
        field, shared = self.analysis.field, self.analysis.shared_field
        return AnalysedText(
            title=field(self.title),
            brand=shared(self.document.brand),
            categories=shared(" ".join([each.name for each in self.document.categories])),
            attributes=shared(self.attributes),
            description=self.analysis.terms(plain(self.document.description), limit=MAX_DESCRIPTION_WORDS),
        )

    def _written_codes(self) -> tuple[str, ...]:
        """The SKUs, the attributes that are codes, and the model numbers of the title, as written."""
        found = [variant.sku for variant in self.document.variants]
        for attributes in (self.document.attributes, *(each.attributes for each in self.document.variants)):
            found += [value for name, value in attributes.items() if codes.is_code_attribute(name)]
        if codes.may_have_model_number(self.title):
            for token in self.analysis.tokens(self.title):
                written = self.title[token.start : token.end]
                if codes.is_model_number(token, written):
                    found.append(written)
        return tuple(dict.fromkeys(found))

    @cached_property
    def _codes(self) -> list[list[str]]:
        """The runs of each code."""
        return [codes.runs(written) for written in self._written_codes()]

    @property
    def codes(self) -> tuple[str, ...]:
        """The canonical forms of the product's codes."""
        return tuple(dict.fromkeys(filter(None, map(codes.joined, self._codes))))

    @property
    def code_parts(self) -> tuple[str, ...]:
        """The ends of the codes that begin at one of their parts."""
        return tuple(dict.fromkeys(end for code in self._codes for end in codes.ends(code)))

    @property
    def words(self) -> tuple[str, ...]:
        """The distinct words of the vocabulary."""
        return tuple(dict.fromkeys(self.analysed.vocabulary.split()))

    @property
    def pairs(self) -> tuple[str, ...]:
        """The distinct pairs of words that are adjacent in the title if stop words are left out."""
        return tuple(
            dict.fromkeys(pairs(self.analysed.title.forms.split(), self.analysis.language.stop_words))
        )

    @property
    def phrases(self) -> tuple[str, ...]:
        """The phrases of the title, for suggestions."""
        return tuple(dict.fromkeys(phrases(self.title)))

    @property
    def brand(self) -> str:
        """The brand for filters, without case."""
        return key(self.document.brand)

    @property
    def brand_token(self) -> str:
        """`brand` and the brand as written, for facets; empty without a brand."""
        brand = self.document.brand
        return token(normalised(brand), brand) if brand else ""

    @property
    def category_keys(self) -> tuple[str, ...]:
        """Name, slug and path of each category up to the root, without case, for filters."""
        return _category_keys(self.document.categories)

    @property
    def category_tokens(self) -> tuple[str, ...]:
        """Path and slug of each category up to the root, for facets."""
        return _category_tokens(self.document.categories)

    @property
    def category_names(self) -> tuple[str, ...]:
        """Normalised name, name and slug of each category, for suggestions."""
        return tuple(token(normalised(each.name), each.name, each.slug) for each in self.document.categories)

    @cached_property
    def selections(self) -> tuple[KeyedSelection, ...]:
        """What can be chosen, each with the spellings of its attributes by attribute key."""
        return tuple(keyed_selections(self.document))

    @property
    def attribute_keys(self) -> tuple[str, ...]:
        """The keys of the attributes that the selections have."""
        return attribute_keys(self.selections)

    @property
    def boost(self) -> float:
        """The factor of text scores."""
        return score_factor(popularity=self.document.popularity, in_stock=self.document.in_stock)


@lru_cache(CACHED_CATEGORIES)
def _category_keys(categories: tuple[CategoryReference, ...]) -> tuple[str, ...]:
    names = (value for each in categories for value in (each.name, each.slug, each.path))
    return tuple(dict.fromkeys(map(key, names)))


@lru_cache(CACHED_CATEGORIES)
def _category_tokens(categories: tuple[CategoryReference, ...]) -> tuple[str, ...]:
    return tuple(category_token(path=each.path, slug=each.slug) for each in categories)


def flatten(document: ProductDocument, *, analysis: Analysis) -> IndexedProduct:
    """Return the values that engines index for `document`."""
    return IndexedProduct(document, analysis)
