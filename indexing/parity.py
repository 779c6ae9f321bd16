"""Compare a product's stored document with the one that the database's rows give now."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec
from msgspec.structs import FieldInfo, fields

from indexing.document import ProductDocument
from indexing.schema import VERSION


class DifferenceKind(StrEnum):
    """How a generation differs from the database for one product."""

    MISSING = "missing"
    """Listed in the shop, but not in the generation."""
    SUPERFLUOUS = "superfluous"
    """In the generation, but not listed in the shop."""
    DIFFERENT = "different"
    """In both, with different values."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A product for which a generation differs from the database."""

    product_id: int
    kind: DifferenceKind
    fields: tuple[str, ...] = ()
    """The fields of the document that differ, if it is DIFFERENT."""


def difference(
    product_id: int,
    *,
    expected: ProductDocument | None,
    stored: ProductDocument | None,
    schema_version: int | None,
) -> Difference | None:
    """Return how `stored` differs from `expected`, the document of a listed product; None if it doesn't.

    In a generation of an earlier schema version, a field with its default value may have been written by a
    release that doesn't have the field, so it is not a difference.
    """
    if expected is None:
        return None if stored is None else Difference(product_id, DifferenceKind.SUPERFLUOUS)
    if stored is None:
        return Difference(product_id, DifferenceKind.MISSING)
    ignores_defaults = schema_version != VERSION
    names = _differing_fields(expected, stored, ignores_defaults=ignores_defaults)
    return Difference(product_id, DifferenceKind.DIFFERENT, names) if names else None


def _differing_fields(
    expected: msgspec.Struct, stored: msgspec.Struct, *, ignores_defaults: bool
) -> tuple[str, ...]:
    if expected == stored:
        return ()
    return tuple(
        each.name
        for each in fields(expected)
        if not _is_equal(
            getattr(expected, each.name), getattr(stored, each.name), ignores_defaults=ignores_defaults
        )
        and not (ignores_defaults and _is_default(each, getattr(stored, each.name)))
    )


def _is_equal(expected: object, stored: object, *, ignores_defaults: bool) -> bool:
    """Return whether two values of a field are equal, which may be structs or sequences of structs."""
    match expected, stored:
        case msgspec.Struct(), msgspec.Struct():
            return not _differing_fields(expected, stored, ignores_defaults=ignores_defaults)
        case tuple(), tuple():
            return _are_equal(expected, stored, ignores_defaults=ignores_defaults)
        case _:
            return expected == stored


def _are_equal(expected: Sequence[object], stored: Sequence[object], *, ignores_defaults: bool) -> bool:
    return len(expected) == len(stored) and all(
        _is_equal(one, other, ignores_defaults=ignores_defaults)
        for one, other in zip(expected, stored, strict=True)
    )


def _is_default(field: FieldInfo, value: object) -> bool:
    if field.default is not msgspec.NODEFAULT:
        return bool(field.default == value)
    if field.default_factory is not msgspec.NODEFAULT:
        return bool(field.default_factory() == value)
    return False
