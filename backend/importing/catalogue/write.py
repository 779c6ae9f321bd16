"""Writes the products of a file; docs/decisions/imports.md says what is applied when."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction

from backend.api.bulk_rows import insert_objects
from backend.audit.actors import Actor
from backend.catalog.bulk import set_active, upsert_products
from backend.catalog.imported import Upserted
from backend.catalog.models import Variant
from backend.importing.catalogue.row import CatalogRow
from backend.importing.catalogue.statements import (
    Decisions,
    StoredVariant,
    decide_stock,
    decide_variants,
    digest_of,
    is_applied,
    moved_since,
)
from backend.importing.models import ImportedCatalogue, ProductStatement, VariantStatement
from backend.importing.outcomes import Refused, Written
from backend.inventory.bulk import record_differences
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic

ATTEMPTS = 3
STATED = ("stock", "stock_at", "applied_at", "withdrawn_at")


def _ignore(_: str) -> None:
    """Do nothing with a change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueWriter:
    """Writes products of `source` for a seller.

    With `dry_run` everything is rolled back, and `show` is called with each change. `seen` collects the ids
    of the products, which `withdraw_missing` needs.
    """

    source: str
    seller_id: int
    by: Actor
    now: datetime
    transfer_ownership: bool = False
    dry_run: bool = False
    show: Callable[[str], object] = _ignore
    seen: set[int] = field(default_factory=set)

    def __call__(self, rows: Sequence[CatalogRow]) -> Written:
        """Write products and their stock in one transaction.

        Another request may create one of the SKUs at the same time; then the chunk is written again.
        """
        for _ in range(ATTEMPTS - 1):
            with suppress(IntegrityError):
                return self._write(rows)
        return self._write(rows)

    def _write(self, rows: Sequence[CatalogRow]) -> Written:
        with transaction.atomic():
            written = _Chunk(self, rows).write()
            if self.dry_run:
                transaction.set_rollback(True)
        return written


class _Chunk:
    """Some products of a file, written in the caller's transaction."""

    def __init__(self, writer: CatalogueWriter, rows: Sequence[CatalogRow]) -> None:
        self._writer = writer
        self._rows = rows
        self._reference = f"import {writer.source}"
        self._decisions = Decisions()
        self._digests = {row.product.reference: digest_of(row) for row in rows}

    def write(self) -> Written:
        """Write the statements that differ from the last ones, and return the result."""
        writer = self._writer
        catalogue, _ = ImportedCatalogue.objects.get_or_create(
            seller_id=writer.seller_id, source=writer.source
        )
        ImportedCatalogue.objects.select_for_update(no_key=True).get(pk=catalogue.pk)
        same = self._applied_before()
        changed = [row for row in self._rows if row.product.reference not in same]
        result = Upserted()
        if changed:
            result = upsert_products(
                [row.product for row in changed],
                source=writer.source,
                seller_id=writer.seller_id,
                by=writer.by,
                now=writer.now,
                transfer_ownership=writer.transfer_ownership,
            )
            self._apply([row for row in changed if row.product.reference in result.ids], result=result)
        writer.seen.update(same.values(), result.ids.values())
        return self._written(result, same=len(same))

    def _applied_before(self) -> dict[str, int]:
        """Return the ids of the products whose statements equal the last ones that were applied."""
        rows = ProductStatement.objects.filter(
            product__seller_id=self._writer.seller_id,
            product__source=self._writer.source,
            product__source_reference__in=self._digests,
            product__deleted_at=None,
        ).values_list("product__source_reference", "product_id", "digest")
        return {str(name): pk for name, pk, digest in rows if digest == self._digests[str(name)]}

    def _apply(self, rows: Sequence[CatalogRow], *, result: Upserted) -> None:
        writer, decisions, ids = self._writer, self._decisions, result.ids
        variants = _locked_variants([ids[row.product.reference] for row in rows])
        statements = VariantStatement.objects.filter(variant__product__in=variants)
        stated = {statement.pk: statement for statement in statements}
        counts = {
            variant.id: counted_at
            for row in rows
            for variant in variants[ids[row.product.reference]]
            if (counted_at := row.stock_at.get(variant.sku)) is not None
            and not is_applied(stated.get(variant.id), units=row.stock[variant.sku], counted_at=counted_at)
        }
        since = moved_since(counts, reference=self._reference)
        for row in rows:
            own = variants[ids[row.product.reference]]
            decide_variants(row, own, stated=stated, decisions=decisions, now=writer.now)
            given = [variant for variant in own if variant.sku in row.stock]
            decide_stock(row, given, stated=stated, since=since, decisions=decisions, now=writer.now)
        self._store(rows, variants=variants, result=result)

    def _store(
        self,
        rows: Sequence[CatalogRow],
        *,
        variants: Mapping[int, Sequence[StoredVariant]],
        result: Upserted,
    ) -> None:
        writer, decisions, ids = self._writer, self._decisions, result.ids
        withdrawn = ProductStatement.objects.filter(product__in=variants).exclude(withdrawn_at=None)
        decisions.products = dict.fromkeys(withdrawn.values_list("pk", flat=True), True)
        if decisions.differences:
            record_differences(decisions.differences, reference=self._reference, by=writer.by, now=writer.now)
        published = {ids[name] for name in (*result.created, *result.updated)}
        moved = {
            product_id
            for product_id, own in variants.items()
            if any(variant.id in decisions.differences for variant in own)
        }
        publish_many(Topic.PRODUCT, sorted(moved - published))
        if decisions.variants or decisions.products:
            set_active(variants=decisions.variants, products=decisions.products, now=writer.now)
        insert_objects(list(decisions.statements.values()), overwrite=STATED)
        store_product_statements(
            {
                ids[row.product.reference]: (
                    ""
                    if row.is_partial or ids[row.product.reference] in decisions.pending
                    else self._digests[row.product.reference]
                )
                for row in rows
            }
        )
        if writer.dry_run:
            self._show(variants, result=result)

    def _show(self, variants: Mapping[int, Sequence[StoredVariant]], *, result: Upserted) -> None:
        show, decisions = self._writer.show, self._decisions
        for outcome in ("created", "updated", "transferred"):
            for reference in getattr(result, outcome):
                show(f"{outcome}: product {reference}")
        for variant in (variant for own in variants.values() for variant in own):
            if difference := decisions.differences.get(variant.id):
                show(f"stock: {variant.sku} from {variant.stock} to {variant.stock + difference}")
            if variant.id in decisions.variants:
                what = "activated" if decisions.variants[variant.id] else "deactivated"
                show(f"{what}: variant {variant.sku}")

    def _written(self, result: Upserted, *, same: int) -> Written:
        decisions = self._decisions
        refused = result.refused
        accepted = [row for row in self._rows if row.product.reference not in refused]
        remarks = Counter(remark for row in accepted for remark in row.remarks)
        remarks.update(decisions.remarks)
        counts = Counter(
            {
                ("products", "created"): len(result.created),
                ("products", "updated"): len(result.updated),
                ("products", "unchanged"): len(result.unchanged) + same,
            }
        )
        further = {
            ("stock", "changed"): len(decisions.differences),
            ("owner", "changed"): len(result.transferred),
            ("variants", "deactivated"): sum(not flag for flag in decisions.variants.values()),
            ("variants", "activated"): sum(decisions.variants.values()),
            ("products", "activated"): len(decisions.products),
        }
        counts.update({key: number for key, number in further.items() if number or self._writer.dry_run})
        return Written(counts=counts, refused=[*_refused(self._rows, reasons=refused)], remarks=remarks)


def _locked_variants(product_ids: Iterable[int]) -> dict[int, list[StoredVariant]]:
    """Lock all variants of some products by id, as checkouts do, and return them by product."""
    rows = Variant.objects.select_for_update(no_key=True).filter(product__in=product_ids).order_by("pk")
    found: dict[int, list[StoredVariant]] = defaultdict(list)
    for row in rows.values_list("pk", "sku", "product_id", "stock", "reserved", "is_active"):
        variant = StoredVariant(*row)
        found[variant.product_id].append(variant)
    return found


def store_product_statements(digests: Mapping[int, str], *, withdrawn_at: datetime | None = None) -> None:
    """Store what a file stated about products by id, or that it no longer has them."""
    statements = [
        ProductStatement(product_id=product_id, digest=digest, withdrawn_at=withdrawn_at)
        for product_id, digest in digests.items()
    ]
    insert_objects(statements, overwrite=["digest", "withdrawn_at"])


def _refused(rows: Iterable[CatalogRow], *, reasons: Mapping[str, str]) -> Iterator[Refused]:
    for row in rows:
        if row.product.reference in reasons:
            for line, values in ((row.line, row.row), *row.further):
                yield Refused(line, reasons[row.product.reference], values)
