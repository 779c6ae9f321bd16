"""`manage.py derive_order_statuses`: correct the statuses of orders that an earlier release changed."""

from typing import Any

from django.utils import timezone

from backend.api.commands import ShopCommand
from backend.audit.actors import Actor
from backend.orders.derived_statuses import derive_statuses

BY = Actor.system("derive_order_statuses")


class Command(ShopCommand):
    """Derives the status of every order from its units."""

    help = "Derive the status of every order from its units. A repetition changes nothing."

    def handle(self, *_: Any, **options: Any) -> None:
        """Derive the statuses, and print how many have changed."""
        self.stdout.write(f"{derive_statuses(by=BY, now=timezone.now())} orders have changed")
