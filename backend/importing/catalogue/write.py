"""Writes the products of a file."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from backend.audit.actors import Actor
from backend.catalog.bulk import upsert_products
from backend.catalog.models import Variant
from backend.importing.catalogue.row import CatalogRow
from backend.importing.outcomes import Refused, Written
from backend.inventory.models import TransactionType
from backend.inventory.services import Entry, record_many

BELOW_RESERVED = "the stock is below what is reserved for orders, so it was not changed"


@dataclass(frozen=True, slots=True)
class CatalogueWriter:
    """Writes products of `source` for a seller."""

    source: str
    seller_id: int
    by: Actor
    now: datetime

    def __call__(self, rows: Sequence[CatalogRow]) -> Written:
        """Write products and their stock in one transaction."""
        with transaction.atomic():
            result = upsert_products(
                [row.product for row in rows],
                source=self.source,
                seller_id=self.seller_id,
                by=self.by,
                now=self.now,
            )
            accepted = [row for row in rows if row.product.reference not in result.refused]
            remarks = Counter(remark for row in accepted for remark in row.remarks)
            remarks.update(self._write_stock(accepted))
        return Written(
            counts=Counter(
                {
                    ("products", "created"): len(result.created),
                    ("products", "updated"): len(result.updated),
                    ("products", "unchanged"): len(result.unchanged),
                }
            ),
            refused=[*_refused(rows, reasons=result.refused)],
            remarks=remarks,
        )

    def _write_stock(self, rows: Iterable[CatalogRow]) -> list[str]:
        wanted = {sku: units for row in rows for sku, units in row.stock.items()}
        locked = Variant.objects.select_for_update(no_key=True).filter(sku__in=wanted)
        variants = list(locked.order_by("pk")) if wanted else []
        short = [variant for variant in variants if wanted[variant.sku] < variant.reserved]
        entries = [
            self._difference(variant, wanted=wanted)
            for variant in variants
            if variant not in short and wanted[variant.sku] != variant.stock
        ]
        if entries:
            record_many(entries, by=self.by, now=self.now)
        return [BELOW_RESERVED] * len(short)

    def _difference(self, variant: Variant, *, wanted: Mapping[str, int]) -> Entry:
        units = wanted[variant.sku] - variant.stock
        return Entry(
            variant_id=variant.pk,
            transaction_type=TransactionType.IN if units > 0 else TransactionType.ADJUSTMENT,
            quantity=units,
            reference=f"import {self.source}",
        )


def _refused(rows: Iterable[CatalogRow], *, reasons: Mapping[str, str]) -> Iterator[Refused]:
    for row in rows:
        if row.product.reference in reasons:
            for line, values in ((row.line, row.row), *row.further):
                yield Refused(line, reasons[row.product.reference], values)
