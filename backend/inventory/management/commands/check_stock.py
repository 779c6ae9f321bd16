"""`manage.py check_stock`: compares the stock counters with the ledger and the reservations."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from backend.api.commands import ShopCommand
from backend.audit.actors import Actor
from backend.inventory.checks import StockDifference, repair, stock_differences


class Command(ShopCommand):
    """Prints the differences, and repairs the counters only with --repair."""

    help = (
        "Compare stock and reserved units with the ledger and the reservations. Nothing is changed, unless"
        " --repair is given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option --repair."""
        parser.add_argument(
            "--repair",
            action="store_true",
            help="set the counters that differ to the sums of the ledger and of the reservations",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Print each difference; exit with 1 if there are any that were not repaired."""
        found = stock_differences()
        if options["repair"]:
            found = [one for one in found if not self._repaired(one)]
        for one in found:
            self.stdout.write(
                f"variant {one.variant_id} ({one.sku}): stock {one.stock}, ledger {one.ledger};"
                f" reserved {one.reserved}, reservations {one.reservations}, short {one.short}"
            )
        if found:
            raise CommandError(f"{len(found)} variants differ", returncode=1)
        self.stdout.write("stock = ledger and reserved = reservations for every variant")

    def _repaired(self, one: StockDifference) -> bool:
        """Repair the variant, and print what was done; return whether its counters are right now."""
        difference = repair(one.variant_id, by=Actor.system("check_stock"), now=timezone.now())
        if difference is None:
            return True
        name = f"variant {difference.variant_id} ({difference.sku})"
        if not difference.is_repairable:
            self.stdout.write(f"{name}: not repaired, because more units are reserved than the ledger has")
            return False
        done = [f"{counter} {old} → {new}" for counter, (old, new) in difference.changes.items()]
        self.stdout.write(f"{name}: {', '.join(done or ['gave available units to short reservations'])}")
        return True
