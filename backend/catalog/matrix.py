"""Variants as a matrix: one for each combination of attribute values, such as sizes and colours."""

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction
from django.utils.text import slugify

from backend.api import money
from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.catalog.attributes import collision, require_same_spelling
from backend.catalog.models import Variant
from backend.catalog.variant_services import NewVariant, add_variants, locked_product, locked_variants

MAX_COMBINATIONS = 250
MAX_AXES = 5
LONGEST_SKU = 64
LONGEST_NAME = 200
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

ByValue = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The combinations of `attributes` (values by name), with SKU codes, modifiers and images by value.

    `sku_pattern` has placeholders such as in "SHIRT-{size}-{colour}". Each is replaced by the code of the
    attribute's value: the code in `sku_codes`, or else the value in capitals, reduced to letters, digits and
    hyphens. The price modifiers of a combination's values are added. Its image is the first image of its
    values, in the order of the attributes.
    """

    attributes: Mapping[str, Sequence[str]]
    sku_pattern: str
    sku_codes: ByValue = field(default_factory=dict)
    price_modifiers: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    image_urls: ByValue = field(default_factory=dict)
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledMatrix:
    """The variants of a matrix: those that were created, and those that the product already had."""

    created: Sequence[Variant]
    existing: Sequence[Variant]


def fill_matrix(product_id: int, *, matrix: Matrix, by: Actor) -> FilledMatrix:
    """Create the variants of the matrix that the product doesn't have.

    Raises:
        ProductNotFound: there is no such product.
        InvalidInput: the matrix is inconsistent, is too large, generates a SKU twice, or `create_variants`
            refuses a variant.
        SkuTaken: another variant has one of the generated SKUs.
    """
    require_consistent(matrix)
    with transaction.atomic():
        product = locked_product(product_id)
        present = locked_variants(product)
        require_same_spelling(matrix.attributes, present=[variant.attributes for variant in present])
        _require_precise(matrix, currency=product.currency)
        by_combination = {_key(variant.attributes, matrix): variant for variant in present}
        wanted = {_key(combination, matrix): combination for combination in combinations(matrix)}
        missing = [combination for key, combination in wanted.items() if key not in by_combination]
        new = [variant_of(combination, matrix=matrix) for combination in missing]
        _require_distinct_skus(new)
        return FilledMatrix(
            created=add_variants(product, variants=new, by=by) if new else [],
            existing=[by_combination[key] for key in wanted if key in by_combination],
        )


def combinations(matrix: Matrix) -> Iterator[dict[str, str]]:
    """Yield the combinations; the values of the last attribute change fastest."""
    for values in itertools.product(*matrix.attributes.values()):
        yield dict(zip(matrix.attributes, values, strict=True))


def _key(attributes: Mapping[str, object], matrix: Matrix) -> tuple[object, ...]:
    return tuple(attributes.get(name) for name in matrix.attributes)


def variant_of(combination: Mapping[str, str], *, matrix: Matrix) -> NewVariant:
    """Return the variant of a combination.

    Raises:
        InvalidInput: its SKU would be too long, or a code can't be derived from a value.
    """
    images = (matrix.image_urls.get(name, {}).get(value) for name, value in combination.items())
    modifiers = (matrix.price_modifiers.get(name, {}).get(value) for name, value in combination.items())
    return NewVariant(
        sku=_sku(combination, matrix=matrix),
        name=" / ".join(combination.values())[:LONGEST_NAME],
        price_modifier=sum((modifier for modifier in modifiers if modifier), start=Decimal(0)),
        attributes=combination,
        image_url=next((image for image in images if image), ""),
        is_active=matrix.is_active,
    )


def _sku(combination: Mapping[str, str], *, matrix: Matrix) -> str:
    def code(found: re.Match[str]) -> str:
        name = found[1]
        value = combination[name]
        given = matrix.sku_codes.get(name, {}).get(value) or slugify(value).upper()
        if not given:
            raise InvalidInput(
                sku_codes=[f"A code is required for {value!r}, because it has no letters for a SKU."]
            )
        return given

    sku = _PLACEHOLDER.sub(code, matrix.sku_pattern)
    if len(sku) > LONGEST_SKU:
        raise InvalidInput(sku_pattern=[f"{sku!r} has more than {LONGEST_SKU} characters."])
    return sku


def require_consistent(matrix: Matrix) -> None:
    """Refuse a matrix that is too large, or that refers to unknown attributes or values.

    Raises:
        InvalidInput: under the key of the first invalid field.
    """
    axes = matrix.attributes
    if not 1 <= len(axes) <= MAX_AXES:
        raise InvalidInput(attributes=[f"A matrix has 1 to {MAX_AXES} attributes."])
    count = math.prod(len(values) for values in axes.values())
    if not 1 <= count <= MAX_COMBINATIONS:
        raise InvalidInput(attributes=[f"{count} combinations; a matrix has 1 to {MAX_COMBINATIONS}."])
    if problem := collision(axes):
        raise InvalidInput(attributes=[problem])
    for name, values in axes.items():
        if len({value.casefold() for value in values}) < len(values):
            raise InvalidInput(attributes=[f"Two values of {name!r} are the same, or differ only in case."])
    _require_pattern(matrix)
    by_value: dict[str, Mapping[str, Mapping[str, object]]] = {
        "sku_codes": matrix.sku_codes,
        "price_modifiers": matrix.price_modifiers,
        "image_urls": matrix.image_urls,
    }
    for field_name, given in by_value.items():
        for name, values_given in given.items():
            unknown = sorted(set(values_given) - set(axes.get(name, ())))
            if name not in axes or unknown:
                what = f"{name!r}: {unknown[0]!r}" if unknown else repr(name)
                raise InvalidInput(**{field_name: f"{what} is not in the matrix."})


def _require_pattern(matrix: Matrix) -> None:
    named = set(_PLACEHOLDER.findall(matrix.sku_pattern))
    if unknown := sorted(named - set(matrix.attributes)):
        raise InvalidInput(sku_pattern=[f"{{{unknown[0]}}} is not an attribute of the matrix."])
    varying = {name for name, values in matrix.attributes.items() if len(values) > 1}
    if lacking := sorted(varying - named):
        raise InvalidInput(
            sku_pattern=[f"Must contain {{{lacking[0]}}}; otherwise SKUs would not be unique."]
        )


def _require_precise(matrix: Matrix, *, currency: str) -> None:
    amounts = {
        f"price_modifiers.{name}.{value}": modifier
        for name, modifiers in matrix.price_modifiers.items()
        for value, modifier in modifiers.items()
    }
    money.require_precise(currency, **amounts)


def _require_distinct_skus(variants: Sequence[NewVariant]) -> None:
    seen: dict[str, str] = {}
    for variant in variants:
        other = seen.setdefault(variant.sku, variant.name)
        if other != variant.name:
            problem = f"{other!r} and {variant.name!r} would both get the SKU {variant.sku!r}; add codes."
            raise InvalidInput(sku_codes=[problem])
