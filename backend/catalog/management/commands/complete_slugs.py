"""`manage.py complete_slugs`: reserves the slugs of products of earlier releases."""

from typing import Any

from backend.api.commands import ShopCommand
from backend.catalog.slugs import complete


class Command(ShopCommand):
    """Reserves slugs in chunks; it can be interrupted and repeated."""

    help = "Reserve the slugs of products of earlier releases; products that share one get another one."

    def handle(self, *_: Any, **options: Any) -> None:
        """Reserve them."""
        self.stdout.write(f"{complete()} products got another slug")
