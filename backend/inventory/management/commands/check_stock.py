"""`manage.py check_stock`: compares the stock counters with the ledger and the reservations."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.inventory.checks import stock_differences


class Command(BaseCommand):
    """Prints the differences without repairing them."""

    help = "Compare stock and reserved units with the ledger and the reservations. Nothing is changed."

    def handle(self, *_: Any, **__: Any) -> None:
        """Print each difference; exit with 1 if there are any."""
        found = stock_differences()
        for one in found:
            self.stdout.write(
                f"variant {one.variant_id} ({one.sku}): stock {one.stock}, ledger {one.ledger};"
                f" reserved {one.reserved}, reservations {one.reservations}"
            )
        if found:
            raise CommandError(f"{len(found)} variants differ", returncode=1)
        self.stdout.write("stock = ledger and reserved = reservations for every variant")
