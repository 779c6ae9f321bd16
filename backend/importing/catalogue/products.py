"""Makes products of the rows of our catalogue format that belong together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from backend.catalog.bulk import ImportedProduct, ImportedVariant
from backend.importing.catalogue.descriptions import description_of
from backend.importing.catalogue.offers import LONGEST_VARIANT_NAME, Offer, offer_of, product_reference
from backend.importing.catalogue.row import CatalogRow
from backend.importing.errors import InvalidValue
from backend.importing.outcomes import Refused
from backend.importing.rows import Row

FIRST_REFUSED = "the first row of its product was refused"
OTHER_CURRENCY = "the currency is not that of the product's first row"
INHERITED = ("title", "currency", "discount_percentage")
"""What a row takes from the first row of its product if it has nothing there."""


def products_of(
    groups: Iterable[list[Row] | Refused], *, currency: str, mark: str
) -> Iterator[CatalogRow | Refused]:
    """Yield a product for each group of rows, and the refused rows.

    `currency` is that of rows without one, `mark` the decimal mark of their numbers.
    """
    some_unreadable = False
    for group in groups:
        if isinstance(group, Refused):
            some_unreadable = True
            yield group
            continue
        wanted = [row for row in group if not row.left_out]
        left_out = [row.refused for row in group if row.left_out]
        outcomes = [_offer(row, currency=currency, mark=mark) for row in _filled(wanted)]
        refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
        if outcomes and outcomes[0] not in refused:
            offers = [outcome for outcome in outcomes if isinstance(outcome, Offer)]
            yield from left_out
            yield from _product(offers, refused=refused, is_partial=some_unreadable or bool(refused))
        else:
            yield from (*left_out, *_all_refused(wanted, refused=refused))


def _all_refused(rows: Sequence[Row], *, refused: Sequence[Refused]) -> Iterator[Refused]:
    """Yield the rows of a product whose first row was refused."""
    reasons = {row.line: row.reason for row in refused}
    for row in rows:
        yield Refused(row.line, reasons.get(row.line, FIRST_REFUSED), row.source)


def _filled(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the rows with what they take from the first one."""
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


def _product(
    offers: Sequence[Offer], *, refused: Sequence[Refused], is_partial: bool
) -> Iterator[CatalogRow | Refused]:
    first = offers[0]
    try:
        reference = product_reference(first.source)
        description = description_of(first.source.values.get("description", ""))
    except InvalidValue as fault:
        first_refused = Refused(first.source.line, str(fault), first.source.source)
        yield from _all_refused([offer.source for offer in offers], refused=[first_refused])
        yield from refused
        return
    alike = [offer for offer in offers if offer.currency == first.currency]
    others = [
        Refused(offer.source.line, OTHER_CURRENCY, offer.source.source)
        for offer in offers
        if offer not in alike
    ]
    product = _imported(alike, reference=reference, description=description)
    yield _catalog_row(
        product, offers=alike, refused=[*refused, *others], is_partial=is_partial or bool(others)
    )


def _imported(offers: Sequence[Offer], *, reference: str, description: str) -> ImportedProduct:
    first = offers[0]
    lowest = min(offer.price for offer in offers)
    shared = dict(set.intersection(*(set(offer.attributes.items()) for offer in offers)))
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
        variants=tuple(_variant(offer, lowest=lowest, shared=shared, discount=discount) for offer in offers),
    )


def _catalog_row(
    product: ImportedProduct, *, offers: Sequence[Offer], refused: Sequence[Refused], is_partial: bool
) -> CatalogRow:
    first, *further = offers
    return CatalogRow(
        product=product,
        line=first.source.line,
        row=first.source.source,
        further=tuple((offer.source.line, offer.source.source) for offer in further),
        rows=sum(offer.source.rows for offer in offers),
        refused=tuple(refused),
        is_partial=is_partial,
        remarks=tuple(remark for offer in offers for remark in offer.source.remarks),
        stock={offer.sku: offer.stock for offer in offers if offer.stock is not None},
        stock_at={
            offer.sku: offer.stock_at
            for offer in offers
            if offer.stock is not None and offer.stock_at is not None
        },
    )


def _variant(
    offer: Offer, *, lowest: Decimal, shared: Mapping[str, str], discount: Decimal
) -> ImportedVariant:
    own = {name: value for name, value in offer.attributes.items() if name not in shared}
    image = offer.image_urls[0] if offer.image_urls and own else ""
    name = " / ".join(own.values()) if offer.variant_name is None else offer.variant_name
    return ImportedVariant(
        sku=offer.sku,
        name=name[:LONGEST_VARIANT_NAME],
        price_modifier=offer.price - lowest,
        attributes=own,
        image_url=image if offer.variant_image_url is None else offer.variant_image_url,
        discount_percentage=None if offer.discount in (None, discount) else offer.discount,
    )
