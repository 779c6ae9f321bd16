"""`manage.py import_catalog`: import products from a file."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from backend.accounts.areas import StaffArea
from backend.accounts.errors import InvalidPhone
from backend.accounts.imported import seller_of
from backend.accounts.models import User
from backend.accounts.phones import normalise_phone
from backend.api.money import EXPONENTS
from backend.audit.actors import Actor
from backend.importing.catalogue.formats import NAMES, catalogue_format
from backend.importing.catalogue.missing import withdraw_missing
from backend.importing.catalogue.reading import notes
from backend.importing.catalogue.row import CatalogRow, Reading
from backend.importing.catalogue.write import CatalogueWriter
from backend.importing.command import WRONG_INPUT, ImportCommand, ImportJob
from backend.importing.numbers import MARKS
from backend.importing.outcomes import Summary
from backend.importing.text import Dialect
from backend.importing.values import BAD_CURRENCY

NOT_COMPLETE = "rows were refused, so no product was deactivated; correct them first"


class Command(ImportCommand[CatalogRow]):
    """Creates new products, updates changed ones, and leaves the others unchanged."""

    help = "Import products from a file. Running it again changes only what changed in the file."
    actor: ClassVar[Actor] = Actor.system("import_catalog")
    formats: ClassVar[tuple[str, ...]] = NAMES
    chunk_size: ClassVar[int] = 500

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the seller to the common arguments."""
        super().add_arguments(parser)
        parser.add_argument(
            "--seller", metavar="PHONE", help="the seller; by default one named after the format"
        )
        parser.add_argument(
            "--decimal",
            choices=MARKS,
            help="the decimal mark of the numbers; by default it is detected",
        )
        parser.add_argument(
            "--currency", help="the currency of rows without one; by default that of the shop"
        )
        parser.add_argument(
            "--extra-columns",
            choices=("ignore", "attributes"),
            default="ignore",
            help="how to import columns that the format doesn't have",
        )

        parser.add_argument(
            "--source",
            help="the origin of the products' references: by default the name of the format; for a file of"
            " export_catalog, the source that was exported",
        )
        parser.add_argument(
            "--transfer-ownership",
            action="store_true",
            help="move products of the file that belong to another seller to this one",
        )
        parser.add_argument(
            "--complete",
            action="store_true",
            help="deactivate the products of the seller and the source that the file doesn't have",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="print what would change, and write nothing"
        )

    def handle(self, *_: Any, path: Path, **options: Any) -> None:
        """Import the file."""
        name, now = options["format"], timezone.now()
        file_format = self.format_of(partial(catalogue_format, name))
        reading = _reading(options, dialect=self.dialect_of(options))
        total = self.rows_in(path, header=file_format.header, dialect=reading.dialect)
        reading = self.readable(partial(file_format.resolve, path, reading=reading))
        for note in notes(path, header=file_format.header, reading=reading):
            self.stdout.write(note)
        writer = self._writer(options, source=options["source"] or name, now=now)
        job = ImportJob(
            path=path,
            total=total,
            header=file_format.header,
            dialect=reading.dialect,
            read=partial(file_format.read, reading=reading),
            write=writer,
            name=f"catalog-{name}",
            now=now,
            again=_again(reading, options),
            finish=partial(_withdraw, writer) if options["complete"] else None,
            dry_run=options["dry_run"],
        )
        self.import_file(job)
        if not options["dry_run"]:
            self.wait(options)

    def _writer(self, options: Mapping[str, Any], *, source: str, now: datetime) -> CatalogueWriter:
        return CatalogueWriter(
            source=source,
            seller_id=_seller_id(options["seller"], source=source, dry_run=options["dry_run"]),
            by=self.actor,
            now=now,
            transfer_ownership=options["transfer_ownership"],
            dry_run=options["dry_run"],
            show=self.stdout.write,
        )


def _withdraw(writer: CatalogueWriter, summary: Summary) -> None:
    """Deactivate the products that the file lacks, unless rows were refused, which may belong to them."""
    if summary.refused:
        summary.remarks[NOT_COMPLETE] += 1
        return
    summary.counts["products", "deactivated"] += withdraw_missing(writer)


def _reading(options: Mapping[str, Any], *, dialect: Dialect) -> Reading:
    currency = options["currency"] or settings.DEFAULT_CURRENCY
    if currency not in EXPONENTS:
        raise CommandError(f"--currency {currency}: {BAD_CURRENCY}", returncode=WRONG_INPUT)
    return Reading(
        currency=currency,
        dialect=dialect,
        mark=MARKS[options["decimal"]] if options["decimal"] else None,
        extra_attributes=options["extra_columns"] == "attributes",
    )


def _again(reading: Reading, options: Mapping[str, Any]) -> str:
    """Return how to import corrected rows, which alone may not show the decimal mark of their file."""
    found = [name for name, mark in MARKS.items() if mark == reading.mark and not options["decimal"]]
    return " ".join(["with the same options", *(f"and --decimal {name}" for name in found)])


def _seller_id(phone: str | None, *, source: str, dry_run: bool) -> int:
    with transaction.atomic():
        seller = seller_with(phone, source=source)
        if dry_run:
            transaction.set_rollback(True)
    return seller.pk


def seller_with(phone: str | None, *, source: str) -> User:
    """Return the seller with a phone, or the one that is named after a source.

    Raises:
        CommandError: no seller has this phone.
    """
    if phone is None:
        return seller_of(source)
    try:
        known = normalise_phone(phone, region=settings.DEFAULT_PHONE_REGION)
    except InvalidPhone as error:
        raise CommandError(f"--seller {phone}: {error}", returncode=WRONG_INPUT) from error
    seller = User.objects.filter(phone=known).first()
    if seller is None or not (seller.is_seller or seller.has_area(StaffArea.CATALOGUE)):
        raise CommandError(f"--seller {phone}: no seller has this phone", returncode=WRONG_INPUT)
    return seller
