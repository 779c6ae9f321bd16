"""`manage.py write_feed`: writes a whole product feed to a file."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from backend.api.commands import ShopCommand
from backend.discovery import feeds


class Command(ShopCommand):
    """Writes a feed beside its file, and then replaces the file, so that readers never get half of it."""

    help = "Write the product feed of a currency, to be uploaded or served by a web server."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("path", type=Path, help="A file that ends in .tsv or .xml.")
        parser.add_argument("--currency", default=settings.DEFAULT_CURRENCY)

    def handle(self, *_: Any, **options: Any) -> None:
        """Write the file."""
        path: Path = options["path"]
        write = feeds.rss if path.suffix == ".xml" else feeds.tsv
        unfinished = path.with_name(f"{path.name}.unfinished")
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            file.writelines(write(feeds.items(options["currency"])))
        unfinished.replace(path)
        self.stdout.write(f"wrote {path}")
