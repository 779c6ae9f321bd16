"""`manage.py import_orders`: import past orders and returns from a file."""

from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from backend.audit.actors import Actor
from backend.importing.command import WRONG_INPUT, ImportCommand, ImportJob
from backend.importing.orders.formats import NAMES, orders_format
from backend.importing.orders.row import Format, OrderRow, ReturnRow
from backend.importing.orders.write import OrderWriter, variant_ids
from backend.orders.popularity import refresh_popularity


class Command(ImportCommand[OrderRow | ReturnRow]):
    """Stores each order and return once. Stock doesn't change, because the units have long been shipped."""

    help = "Import past orders from a file. Running it again adds only new ones."
    actor: ClassVar[Actor] = Actor.system("import_orders")
    formats: ClassVar[tuple[str, ...]] = NAMES
    chunk_size: ClassVar[int] = 1_000

    def handle(self, *_: Any, path: Path, **options: Any) -> None:
        """Import the file."""
        name = options["format"]
        dialect = self.dialect_of(options)
        file_format = self.format_of(
            partial(orders_format, name, currency=settings.DEFAULT_CURRENCY, dialect=dialect)
        )
        total = self.rows_in(path, header=file_format.header, dialect=dialect)
        writer = OrderWriter(source=name, variants=_variants(path, file_format=file_format, name=name))
        job: ImportJob[OrderRow | ReturnRow] = ImportJob(
            path=path,
            total=total,
            header=file_format.header,
            dialect=dialect,
            read=file_format.read,
            write=writer,
            name=f"orders-{name}",
            now=timezone.now(),
            has_personal_data=True,
        )
        self.import_file(job)
        refresh_popularity(by=self.actor)
        self.wait(options)


def _variants(path: Path, *, file_format: Format, name: str) -> dict[str, int]:
    skus = file_format.skus(path)
    known = variant_ids(skus)
    if unknown := sorted(skus - known.keys()):
        example = ", ".join(unknown[:3])
        raise CommandError(
            f"{len(unknown):,} of {len(skus):,} products in {path} are unknown here ({example} …); "
            f"import them first: manage.py import_catalog --format {name} …",
            returncode=WRONG_INPUT,
        )
    return known
