"""The filters of a search, each declared once.

Both engines, the HTTP parameters and the OpenAPI description read these declarations. A new filter is one
line in `Filters`. The field of a flag is the product document's attribute of the same name; any other field
needs a line in `indexing.fields`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from indexing import fields as index
from indexing.attributes import attribute_key
from indexing.mapping import key
from indexing.numeric import NumberLimits, looked_up


class FilterKind(StrEnum):
    """How a filter compares its field."""

    ONE_OF = "one_of"
    """The field has the value, or one of several; case and surrounding spaces do not matter."""
    TOKENS = "tokens"
    """The field has one of several exact values, which the caller computes; not a request parameter."""
    EQUALS = "equals"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    FLAG = "flag"
    """The field is true, or false."""
    ATTRIBUTES = "attributes"
    """One variant has, for each named attribute, one of its values; case and repeated spaces don't matter."""
    CODE = "code"
    """The field has exactly this code in capitals."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FilterDeclaration:
    """What engines and the HTTP layer need to know about a filter."""

    name: str
    """The name in `Filters`."""
    kind: FilterKind
    field: str
    """The property of the index that is compared (see `IndexField.property`)."""
    parameter: str
    """The name in a request."""
    help_text: str = ""
    several: bool = False
    max_length: int = 0
    """Characters of a value."""
    since: int = 1
    """The first schema version that has the field of a FLAG."""
    of_variant: bool = False
    """Whether one variant must satisfy this filter together with the others of this sort."""


_DECLARATION = "filter"


def _declare(kind: FilterKind, *, default: object = None, **metadata: Any) -> Any:
    """Return a dataclass field with a declaration in its metadata."""
    declaration = {_DECLARATION: {"kind": kind, **metadata}}
    if callable(default):
        return field(default_factory=default, metadata=declaration)
    return field(default=default, metadata=declaration)


def flag(help_text: str, *, since: int = 1) -> Any:
    """Declare a filter on the attribute of the product document with the same name.

    `since` is the first schema version that indexes the attribute.
    """
    return _declare(FilterKind.FLAG, help_text=help_text, since=since)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """The conditions that a hit must satisfy: all filters, each with any of its values."""

    category: str | None = _declare(
        FilterKind.ONE_OF,
        field=index.CATEGORY_KEY,
        max_length=1_000,
        help_text="A category's slug, path or name; products of its descendants match too.",
    )
    category_tokens: tuple[str, ...] = _declare(
        FilterKind.TOKENS, default=(), field=index.CATEGORY_TOKEN, several=True
    )
    """The `mapping.category_token` of each category named by `category`, if the caller has the tree.

    In documents alone, the category "Sale" can't be distinguished from "Women > Sale", because both have that
    name.
    """
    brands: tuple[str, ...] = _declare(
        FilterKind.ONE_OF,
        default=(),
        field=index.BRAND_KEY,
        parameter="brand",
        several=True,
        max_length=120,
        help_text="A brand; repeat it for several.",
    )
    seller_id: int | None = _declare(
        FilterKind.EQUALS, field=index.SELLER, parameter="seller", help_text="The id of a seller."
    )
    min_price: Decimal | None = _declare(  # noqa: RUF009
        FilterKind.AT_LEAST,
        field=index.PRICE,
        of_variant=True,
        help_text="The lowest sale price of a variant with the other properties asked for, inclusive.",
    )
    max_price: Decimal | None = _declare(  # noqa: RUF009
        FilterKind.AT_MOST,
        field=index.PRICE,
        of_variant=True,
        help_text="The highest sale price of a variant with the other properties asked for, inclusive.",
    )
    currency: str | None = _declare(
        FilterKind.CODE,
        field=index.CURRENCY,
        max_length=3,
        help_text="The ISO 4217 code of the products' currency. In a shop with several currencies, a price "
        "filter or a sort by price applies to one of them: this one, or else the shop's currency (or the one "
        "of the most products, if none has the shop's).",
    )
    min_rating: float | None = _declare(
        FilterKind.AT_LEAST, field=index.RATING, parameter="rating", help_text="The lowest average rating."
    )
    in_stock: bool | None = flag(
        "Whether a variant (with the attributes and the price asked for) can be bought."
    )
    flash_sale: bool | None = flag("Whether the product is in a flash sale.")
    best_seller_product: bool | None = flag("Whether the product is a best seller.")
    featured_product: bool | None = flag("Whether the product is featured.")
    attributes: Mapping[str, tuple[str, ...]] = _declare(
        FilterKind.ATTRIBUTES, default=dict, parameter="attr.", field=index.ATTRIBUTE_KEY, of_variant=True
    )
    attribute_limits: Mapping[str, NumberLimits] = _declare(
        FilterKind.ATTRIBUTES, default=dict, parameter="attr.", field=index.ATTRIBUTE_KEY, of_variant=True
    )
    """Of attributes with numbers."""

    def replaced(self, **values: Any) -> Self:
        """Return the filters with other values for some of them."""
        return replace(self, **values)

    def without(self, *names: str) -> Self:
        """Return the filters without those in `names`."""
        if self == NO_FILTERS:
            return self
        return self.replaced(**{name: getattr(NO_FILTERS, name) for name in names})

    def without_attribute(self, name: str) -> Self:
        """Return the filters without the one on attribute `name`."""
        rest = {each: values for each, values in self.attributes.items() if each != name}
        return replace(self, attributes=rest)

    def unread_limits(self) -> list[str]:
        """Return the keys of the names of attributes with limits whose values an engine has to look up."""
        return [key(name) for name, each in self.attribute_limits.items() if each.values is None]

    def with_values(self, keys_of: Callable[[str], Iterable[str]], *, decimal_comma: bool) -> Self:
        """Return the filters with the values within the limits of attributes.

        `keys_of` returns the `attributes.attribute_key`s of an attribute by the key of its name.
        """
        found = looked_up(self.attribute_limits, keys_of, decimal_comma=decimal_comma)
        return replace(self, attribute_limits=found)

    def of_variant(self) -> "VariantFilters":
        """Return the filters that one and the same variant must satisfy."""
        attributes: dict[str, tuple[str, ...]] = {}
        for name, values in self.attributes.items():
            keys = (attribute_key(name, value) for value in values)
            attributes[key(name)] = (*attributes.get(key(name), ()), *keys)
        return VariantFilters(
            attributes=attributes,
            ranges={key(name): each.values or frozenset() for name, each in self.attribute_limits.items()},
            lowest=self.min_price,
            highest=self.max_price,
            available=self.in_stock is True,
        )

    def of_product(self) -> Self:
        """Return the filters that don't depend on a variant."""
        return self.without(*OF_VARIANT, *(["in_stock"] if self.in_stock else []))

    def given(self) -> dict[str, Any]:
        """Return the filters that are set, by name."""
        if self == NO_FILTERS:
            # Most searches have none.
            return {}
        values = {declared.name: getattr(self, declared.name) for declared in FILTERS}
        return {name: value for name, value in values.items() if value not in (None, (), {})}


@dataclass(frozen=True, kw_only=True, slots=True)
class VariantFilters:
    """What one and the same variant of a product must satisfy."""

    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The accepted `attributes.attribute_key`s, by the key of the attribute's name."""
    ranges: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The same for attributes with limits, which apply in addition."""
    lowest: Decimal | None = None
    highest: Decimal | None = None
    """Limits of the sale price, inclusive."""
    available: bool = False

    @property
    def narrow(self) -> bool:
        """Whether they can exclude a product that has an available variant."""
        limits = self.lowest, self.highest
        return bool(self.attributes or self.ranges) or limits != (None, None)

    @property
    def is_empty(self) -> bool:
        """Whether every variant satisfies them."""
        return not (self.narrow or self.available)

    @property
    def conditions(self) -> list[tuple[str, Collection[str]]]:
        """The conditions on attributes: a name's key, and the accepted keys of attributes."""
        return [*self.attributes.items(), *self.ranges.items()]

    def without_attribute(self, name_key: str) -> "VariantFilters":
        """Return the filters without the one on the attribute whose name has this key."""
        rest = {each: keys for each, keys in self.attributes.items() if each != name_key}
        return replace(self, attributes=rest)

    def without_range(self, name_key: str) -> "VariantFilters":
        """Return the filters without the limits of the attribute whose name has this key."""
        rest = {each: keys for each, keys in self.ranges.items() if each != name_key}
        return replace(self, ranges=rest)

    def without_price(self) -> "VariantFilters":
        """Return the filters without limits of the price."""
        return replace(self, lowest=None, highest=None)


def declarations(filters: type[Filters]) -> tuple[FilterDeclaration, ...]:
    """Return the declarations in the fields of `filters`, in their order."""
    return tuple(
        FilterDeclaration(
            name=each.name,
            **{"field": each.name, "parameter": each.name, **each.metadata[_DECLARATION]},
        )
        for each in fields(filters)
    )


FILTERS = declarations(Filters)
FLAGS = tuple(declared for declared in FILTERS if declared.kind is FilterKind.FLAG)
OF_VARIANT = tuple(declared.name for declared in FILTERS if declared.of_variant)
NO_FILTERS = Filters()
NO_VARIANT_FILTERS = VariantFilters()
