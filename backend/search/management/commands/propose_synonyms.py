"""`manage.py propose_synonyms`: proposes synonyms from what shoppers chose."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings
from backend.api.commands import ShopCommand
from backend.audit.actors import Actor
from backend.engines.commands import services_for_command
from backend.engines.warehouse import warehouse
from backend.search.rules.proposing import DAYS, MOST, propose_synonyms

ACTOR = Actor.system("propose_synonyms")


class Command(ShopCommand):
    """Stores proposals, which have no effect until staff accept them."""

    help = (
        "Propose synonyms from queries after which shoppers chose the same products. Staff accept or reject"
        " them in the admin or at /api/search/synonyms/?status=proposed; until then they have no effect."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--days", type=int, default=DAYS, help=f"how far back to look; {DAYS} by default")
        parser.add_argument(
            "--most", type=int, default=MOST, help=f"the maximum number of new proposals; {MOST} by default"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Propose and print the proposals.

        Raises:
            CommandError: the warehouse is not available, or refuses the query.
        """
        with services_for_command(PipelineSettings.from_env(), embedded.WAREHOUSE):
            found = propose_synonyms(
                warehouse(), by=ACTOR, now=timezone.now(), days=options["days"], most=options["most"]
            )
        for each in found:
            known = each.evidence or {}
            queries = " and ".join(f"“{query}”" for query in known["queries"])
            self.stdout.write(
                f"{each}: {queries} led to {known['common_products']} common products, lift {known['lift']}"
            )
        self.stdout.write(f"{len(found)} new proposals")
