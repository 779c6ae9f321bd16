"""`manage.py export_catalog`: write a seller's products to a file that `import_catalog` reads."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from backend.api.commands import ShopCommand
from backend.importing.catalogue.export import export
from backend.importing.management.commands.import_catalog import seller_with


class Command(ShopCommand):
    """Writes the products of a source, and those that the seller created by hand, as CSV."""

    help = "Export products as CSV. Importing the file again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the file, the seller and the source."""
        parser.add_argument("path", type=Path, help="the CSV file to write; an existing one is replaced")
        parser.add_argument(
            "--seller", metavar="PHONE", help="the seller; by default one named after the source"
        )
        parser.add_argument(
            "--source", default="csv", help="the source of the imported products, which is a format's name"
        )

    def handle(self, *_: Any, path: Path, seller: str | None, source: str, **options: Any) -> None:
        """Write a temporary file first, so that an interrupted export leaves no incomplete one."""
        owner = seller_with(seller, source=source)
        part = path.with_name(f".{path.name}.part")
        # The byte order mark tells spreadsheets the encoding.
        with part.open("w", encoding="utf-8-sig", newline="") as file:
            number = export(file, source=source, seller_id=owner.pk, now=timezone.now())
        part.replace(path)
        self.stdout.write(f"{number:,} variants exported to {path}")
        self.stdout.write(f"import them with --format csv --source {source} --decimal point")
