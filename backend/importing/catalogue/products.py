"""Combines the rows of a product in our catalogue format into the product."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from msgspec import UNSET

from backend.catalog.imported import ImportedProduct, ImportedVariant
from backend.importing.catalogue.descriptions import description_of
from backend.importing.catalogue.offers import LONGEST_VARIANT_NAME, Offer, offer_of, product_reference
from backend.importing.catalogue.row import CatalogRow
from backend.importing.errors import InvalidValue
from backend.importing.outcomes import Refused
from backend.importing.rows import Kind, Row

OTHERS_REFUSED = "the first row of its product, or all its variants, were refused"
OTHER_CURRENCY = "the currency is not that of the product's first row"
OTHER_TAX_CLASS = "the tax class is not that of the product's first row"
INHERITED = ("title", "currency", "discount_percentage", "tax_class")
"""The columns that a row takes from the first row of its product if its own are empty."""


def products_of(
    groups: Iterable[list[Row] | Refused], *, currency: str, mark: str
) -> Iterator[CatalogRow | Refused]:
    """Yield a product for each group of rows, and the refused rows.

    `currency` is the default for rows without one, `mark` the decimal mark of all numbers.
    """
    some_unreadable = False
    for group in groups:
        if isinstance(group, Refused):
            some_unreadable = True
            yield group
        else:
            yield from _outcomes(group, currency=currency, mark=mark, is_partial=some_unreadable)


def _outcomes(
    group: Sequence[Row], *, currency: str, mark: str, is_partial: bool
) -> Iterator[CatalogRow | Refused]:
    yield from (row.refused for row in group if row.kind is Kind.LEFT_OUT)
    rows = [row for row in group if row.kind is Kind.VARIANT]
    companions = [row for row in group if row.kind is Kind.COMPANION]
    outcomes = [_offer(row, currency=currency, mark=mark) for row in _filled(rows)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    offers = [outcome for outcome in outcomes if isinstance(outcome, Offer)]
    if not offers or (outcomes[0] in refused and not rows[0].is_self_contained):
        yield from _all_refused([*rows, *companions], refused=refused)
        return
    try:
        product = _product(offers, refused=refused, companions=companions)
    except InvalidValue as fault:
        first = Refused(offers[0].source.line, str(fault), offers[0].source.source)
        yield from _all_refused([*rows, *companions], refused=[*refused, first])
        return
    yield replace(product, is_partial=is_partial or bool(product.refused))


def _all_refused(rows: Sequence[Row], *, refused: Sequence[Refused]) -> Iterator[Refused]:
    """Yield all rows of a product as refused; those not in `refused` have the reason OTHERS_REFUSED."""
    reasons = {row.line: row.reason for row in refused}
    for row in rows:
        yield Refused(row.line, reasons.get(row.line, OTHERS_REFUSED), row.source)


def _filled(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the rows with their empty INHERITED columns filled from the first row."""
    for row in rows:
        missing = {
            name: value
            for name in INHERITED
            if not row.values.get(name) and (value := rows[0].values.get(name))
        }
        yield replace(row, values={**row.values, **missing}) if missing else row


def _offer(row: Row, *, currency: str, mark: str) -> Offer | Refused:
    try:
        return row.refused if row.fault else offer_of(row, currency=currency, mark=mark)
    except InvalidValue as fault:
        return Refused(row.line, str(fault), row.source)


def _product(offers: Sequence[Offer], *, refused: Sequence[Refused], companions: Sequence[Row]) -> CatalogRow:
    """Return the product that the rows describe.

    Raises:
        InvalidValue: a field of the product is invalid.
    """
    first = offers[0]
    reference = product_reference(first.source)
    description = description_of(first.source.values.get("description", ""))
    faults = [(offer, _difference(offer, first)) for offer in offers]
    alike = [offer for offer, fault in faults if not fault]
    others = [Refused(offer.source.line, fault, offer.source.source) for offer, fault in faults if fault]
    further = [offer.source for offer in alike[1:]] + list(companions)
    return CatalogRow(
        product=_imported(alike, reference=reference, description=description),
        line=first.source.line,
        row=first.source.source,
        further=tuple((row.line, row.source) for row in further),
        rows=sum(row.rows for row in (first.source, *further)),
        refused=(*refused, *others),
        remarks=tuple(remark for offer in alike for remark in offer.source.remarks),
        stock={offer.sku: offer.stock for offer in alike if offer.stock is not None},
        stock_at={
            offer.sku: offer.stock_at
            for offer in alike
            if offer.stock is not None and offer.stock_at is not None
        },
    )


def _difference(offer: Offer, first: Offer) -> str:
    """Return why a row doesn't fit the first one of its product; empty if it does."""
    if offer.currency != first.currency:
        return OTHER_CURRENCY
    return OTHER_TAX_CLASS if offer.tax_class != first.tax_class else ""


def _imported(offers: Sequence[Offer], *, reference: str, description: str) -> ImportedProduct:
    first = offers[0]
    lowest = min(offer.price for offer in offers)
    shared = {
        name: value
        for name, value in first.attributes.items()
        if all(offer.attributes.get(name) == value for offer in offers)
    }
    discount = first.discount or Decimal(0)
    return ImportedProduct(
        reference=reference,
        title=first.title,
        description=description,
        brand=first.brand,
        category=first.category,
        price=lowest,
        currency=first.currency,
        discount_percentage=discount,
        rating_average=first.rating,
        rating_count=first.rating_count,
        attributes=shared,
        image_urls=first.image_urls,
        is_active=first.is_active,
        created_at=first.created_at,
        tax_class=first.tax_class or UNSET,
        variants=tuple(_variant(offer, lowest=lowest, shared=shared, discount=discount) for offer in offers),
    )


def _variant(
    offer: Offer, *, lowest: Decimal, shared: Mapping[str, str], discount: Decimal
) -> ImportedVariant:
    own = {name: value for name, value in offer.attributes.items() if name not in shared}
    image = offer.image_urls[0] if offer.image_urls and own else ""
    name = offer.variant_name
    if name is None:
        name = " / ".join(value for attribute, value in own.items() if attribute not in offer.extra)
    return ImportedVariant(
        sku=offer.sku,
        name=name[:LONGEST_VARIANT_NAME],
        price_modifier=offer.price - lowest,
        attributes=own,
        image_url=image if offer.variant_image_url is None else offer.variant_image_url,
        discount_percentage=None if offer.discount in (None, discount) else offer.discount,
        weight_grams=UNSET if offer.weight_grams is None else offer.weight_grams,
    )
