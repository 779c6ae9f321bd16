"""`manage.py issue_invoices`: issue the invoices and credit notes that orders lack, and check the numbers."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from backend.api.commands import ShopCommand
from backend.audit.actors import Actor
from backend.invoices.selectors import orders_without_documents, series_with_gaps
from backend.invoices.services import Issued, issue_missing
from backend.invoices.shop import is_complete


class Command(ShopCommand):
    """Issues what orders of earlier releases lack; new orders get their documents from the relay."""

    help = (
        "Issue the invoices and credit notes that orders lack, such as orders from before the shop had"
        " invoices. Imported orders get none. The shop may be running."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option --check."""
        parser.add_argument(
            "--check", action="store_true", help="issue nothing; fail if a document or a number is missing"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Print how many documents were issued, or what is missing."""
        if options["check"]:
            self._check()
            return
        if not is_complete():
            raise CommandError("SHOP_NAME and SHOP_ADDRESS must be set, because they are printed on invoices")
        issued = sum(issue_missing(by=Actor.system("issue_invoices"), now=timezone.now()), Issued())
        self.stdout.write(f"{issued.documents} invoices and credit notes were issued")
        if issued.failed_orders:
            orders = ", ".join(map(str, issued.failed_orders))
            raise CommandError(f"no documents for the orders {orders}; the log says why", returncode=1)

    def _check(self) -> None:
        orders, series = orders_without_documents().count(), series_with_gaps()
        for name in series:
            self.stdout.write(f"{name} has gaps")
        if orders:
            self.stdout.write(f"{orders} orders lack an invoice or a credit note")
        if orders or series:
            raise CommandError("documents or numbers are missing", returncode=1)
        self.stdout.write("every order has its documents, and their numbers have no gaps")
