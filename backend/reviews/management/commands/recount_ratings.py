"""The command `recount_ratings`."""

from typing import Any

from backend.api.commands import ShopCommand
from backend.reviews.counting import recount_ratings


class Command(ShopCommand):
    """Counts the published reviews of all products again, and corrects what differs."""

    help = "Count the published reviews of all products again; needed after a change of RATING_PRIOR_*."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the products that differed, and their number."""
        number = 0
        for product_id in recount_ratings():
            number += 1
            self.stdout.write(f"corrected product {product_id}")
        self.stdout.write(f"{number} products corrected")
