"""The fields of an index: one table from which both engines build mappings and documents.

A field never changes its meaning or its unit. A new meaning gets a new name and a new schema version, and the
previous version is the last that has the old field. A process of another release then fails because of an
unknown field instead of reading or writing wrong values.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from operator import attrgetter

from indexing.attributes import KeyedSelection, spelled_key
from indexing.indexed_product import IndexedProduct
from indexing.mapping import key

PRICE = "price"
RATING = "rating"
RATING_COUNT = "rating_count"
RATING_SCORE = "rating_score"
POPULARITY = "popularity"
CREATED_AT = "created_at"
SELLER = "seller"
WEIGHT = "weight"
BRAND_KEY = "brand_key"
BRAND_TOKEN = "brand_token"  # noqa: S105 (a field's name)
CATEGORY_KEY = "category_key"
CATEGORY_TOKEN = "category_token"  # noqa: S105 (a field's name)
CATEGORY_NAME = "category_name"
BRAND_FOLDED = "brand_folded"
CURRENCY = "currency"
ATTRIBUTE_KEY = "attribute_key"
HIGHEST_PRICE = "highest_price"
SELECTIONS = "selections"
PHRASE = "phrase"
VOCABULARY = "vocabulary"
CODES = "codes"
CODE_PARTS = "code_parts"
WORD = "word"
PAIR = "pair"
ATTRIBUTE = "attribute"


FRACTIONS = 10_000
"""Of prices: no currency has a smaller unit, because ISO 4217 exponents end at 4."""


class FieldKind(StrEnum):
    """How a field is indexed. Each engine translates a kind into its own type."""

    STEMMED = "stemmed"
    """Words, which the engine stems."""
    TERMS = "terms"
    """Terms of indexing.analysis, with their positions; the engine only splits them."""
    WORDS = "words"
    """Words, found in exactly this form."""
    EXACT = "exact"
    """Whole values, for filters and completion."""
    COUNTED = "counted"
    """Whole values, for filters and facets."""
    FLAG = "flag"
    IDENTIFIER = "identifier"
    """A whole number, for filters."""
    MONEY = "money"
    """An amount as a whole number of fractions, for filters, facets and sorting."""
    RATING = "rating"
    """A number from 0 to 5, for filters, facets and sorting."""
    SORTED = "sorted"
    """A whole number, for sorting only."""
    TIME = "time"
    """A time, for sorting only."""
    FACTOR = "factor"
    """The factor that a text score is multiplied by."""
    SELECTIONS = "selections"
    """What can be chosen of a product, each with its attributes, price and availability.

    Elasticsearch indexes them as nested documents. tantivy has none, and reads them from the stored document
    (see `indexing.tantivy.variants`).
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexField:
    """A field of the index, and the schema versions that have it."""

    name: str
    """The name in the index."""
    kind: FieldKind
    value: Callable[[IndexedProduct], object]
    """Return a product's value: one, several (a tuple), or None."""
    since: int = 1
    until: int | None = None
    """The last schema version that has the field; None while it is in use."""
    meaning: str = ""
    """The name in filters, facets and sort orders, if it isn't `name`."""
    fractions: int = 1
    """Of a MONEY field: fractions of the currency's main unit."""

    @property
    def property(self) -> str:
        """The name by which filters, facets and sort orders refer to the field."""
        return self.meaning or self.name

    def is_in(self, version: int) -> bool:
        """Return whether schema `version` has the field."""
        return self.since <= version and (self.until is None or version <= self.until)

    def scaled(self, amount: Decimal) -> int:
        """Return `amount` in the field's fractions, rounded half to even.

        Prices and limits are rounded alike, so that a limit that equals a price still matches it.
        """
        return _in_fractions(amount, fractions=self.fractions)


def _price(*, fractions: int) -> Callable[[IndexedProduct], object]:
    return lambda each: _in_fractions(each.document.sale_price, fractions=fractions)


def _in_fractions(amount: Decimal, *, fractions: int) -> int:
    return int((amount * fractions).to_integral_value(ROUND_HALF_EVEN))


def _terms(name: str) -> IndexField:
    path = attrgetter(f"analysed.{name}.terms")
    return IndexField(name=f"{name}_terms", meaning=name, kind=FieldKind.TERMS, value=path, since=3)


def scaled_price(amount: Decimal) -> int:
    """Return a price in the fractions in which selections are indexed."""
    return _in_fractions(amount, fractions=FRACTIONS)


def _highest_price(product: IndexedProduct) -> Decimal:
    return max(selection.price for selection, _ in product.selections)


def _selection(keyed: KeyedSelection) -> dict[str, object]:
    selection, pairs = keyed
    return {
        "key": list(pairs),
        "spelling": [spelled_key(*spelling) for spelling in pairs.values()],
        "price": scaled_price(selection.price),
        "available": selection.available,
    }


FIELDS: tuple[IndexField, ...] = (
    IndexField(name="id", kind=FieldKind.IDENTIFIER, value=lambda each: each.document.id),
    IndexField(name="title", kind=FieldKind.STEMMED, value=lambda each: each.text.title, until=2),
    IndexField(name="brand", kind=FieldKind.STEMMED, value=lambda each: each.text.brand, until=2),
    IndexField(name="categories", kind=FieldKind.STEMMED, value=lambda each: each.text.categories, until=2),
    IndexField(name="attributes", kind=FieldKind.STEMMED, value=lambda each: each.text.attributes, until=2),
    IndexField(name="description", kind=FieldKind.STEMMED, value=lambda each: each.text.description, until=2),
    IndexField(name=VOCABULARY, kind=FieldKind.WORDS, value=lambda each: each.text.vocabulary, until=2),
    *map(_terms, ("title", "brand", "categories", "attributes")),
    IndexField(
        name="description_terms",
        meaning="description",
        kind=FieldKind.TERMS,
        value=lambda each: each.analysed.description,
        since=3,
    ),
    IndexField(
        name="forms",
        meaning=VOCABULARY,
        kind=FieldKind.WORDS,
        value=lambda each: each.analysed.vocabulary,
        since=3,
    ),
    IndexField(name=CODES, kind=FieldKind.EXACT, value=lambda each: each.codes, since=3),
    IndexField(name=CODE_PARTS, kind=FieldKind.EXACT, value=lambda each: each.code_parts, since=3),
    # For the lexicon; unlike VOCABULARY, they can be counted on both engines.
    IndexField(name=WORD, kind=FieldKind.EXACT, value=lambda each: each.words, since=3),
    IndexField(name=PAIR, kind=FieldKind.EXACT, value=lambda each: each.pairs, since=3),
    IndexField(name=PHRASE, kind=FieldKind.EXACT, value=lambda each: each.phrases, until=2),
    IndexField(name=BRAND_KEY, kind=FieldKind.EXACT, value=lambda each: each.brand),
    IndexField(name=BRAND_TOKEN, kind=FieldKind.COUNTED, value=lambda each: each.brand_token or None),
    IndexField(name=CATEGORY_KEY, kind=FieldKind.EXACT, value=lambda each: each.category_keys),
    IndexField(name=CATEGORY_TOKEN, kind=FieldKind.COUNTED, value=lambda each: each.category_tokens),
    IndexField(name=CATEGORY_NAME, kind=FieldKind.EXACT, value=lambda each: each.category_names, until=2),
    IndexField(name=SELLER, kind=FieldKind.IDENTIFIER, value=lambda each: each.document.seller_id),
    IndexField(name=PRICE, kind=FieldKind.MONEY, fractions=100, value=_price(fractions=100), until=1),
    # No currency has a smaller unit: ISO 4217 exponents end at 4.
    IndexField(
        name="price_ten_thousandths",
        meaning=PRICE,
        kind=FieldKind.MONEY,
        fractions=10_000,
        value=_price(fractions=10_000),
        since=2,
    ),
    IndexField(
        name=RATING, kind=FieldKind.RATING, value=lambda each: float(each.document.rating_average or 0)
    ),
    IndexField(
        name=RATING_SCORE,
        kind=FieldKind.RATING,
        value=lambda each: float(each.document.rating_score or 0),
        since=4,
    ),
    IndexField(name=RATING_COUNT, kind=FieldKind.SORTED, value=lambda each: each.document.rating_count),
    IndexField(name=POPULARITY, kind=FieldKind.SORTED, value=lambda each: each.document.popularity),
    IndexField(name=CREATED_AT, kind=FieldKind.TIME, value=lambda each: each.document.created_at),
    IndexField(name=WEIGHT, kind=FieldKind.FACTOR, value=lambda each: each.boost),
    # brand_token separates the spellings of a brand.
    IndexField(
        name=BRAND_FOLDED,
        kind=FieldKind.COUNTED,
        value=lambda each: key(each.document.brand) or None,
        since=3,
    ),
    IndexField(name=CURRENCY, kind=FieldKind.COUNTED, value=lambda each: each.document.currency, since=3),
    IndexField(
        name=ATTRIBUTE_KEY,
        kind=FieldKind.COUNTED,
        value=lambda each: each.attribute_keys,
        since=3,
    ),
    # The lowest price is PRICE.
    IndexField(
        name=HIGHEST_PRICE,
        kind=FieldKind.MONEY,
        fractions=FRACTIONS,
        value=lambda each: scaled_price(_highest_price(each)),
        since=3,
    ),
    IndexField(
        name=SELECTIONS,
        kind=FieldKind.SELECTIONS,
        value=lambda each: tuple(map(_selection, each.selections)),
        since=3,
    ),
)
"""All fields but those of the declared flags, which `indexing.schema` adds."""
