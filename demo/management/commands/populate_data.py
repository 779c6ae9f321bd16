"""`manage.py populate_data`: fill an empty shop with generated data."""

from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.module_loading import import_string

from analytics_pipeline.embedded import ServiceDidNotStart
from analytics_pipeline.warehouse import WarehouseRefused, WarehouseUnavailable
from backend.api.commands import ShopCommand
from backend.engines.warehouse import warehouse
from backend.outbox.catch_up import catch_up
from backend.outbox.errors import NotCaughtUp
from demo.plan import Plan, Progress
from demo.populate import (
    History,
    generate_history,
    load_events,
    shop_is_empty,
    store,
    store_pictures_of,
)

PROGRESS_FILE = "populate_data.json"


def _at_least(least: int) -> Any:
    def number(text: str) -> int:
        if not text.isdigit() or int(text) < least:
            raise ArgumentTypeError(f"{text!r} is not a whole number of at least {least}")
        return int(text)

    return number


class Command(ShopCommand):
    """Generate products, shoppers and their behaviour; a shop that isn't empty is left unchanged."""

    help = "Fill an empty shop with generated products, customers, behaviour and orders."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept the size of the shop and the random seed."""
        parser.add_argument("--products", type=_at_least(50), default=2_000)
        parser.add_argument("--customers", type=_at_least(10), default=3_000)
        parser.add_argument("--days", type=_at_least(2), default=120, help="the length of the history")
        parser.add_argument("--seed", type=_at_least(0), default=7, help="the same seed gives the same shop")
        parser.add_argument(
            "--no-wait",
            action="store_true",
            help="don't wait until the search index and the warehouse are up to date",
        )

    def handle(self, **options: Any) -> None:
        """Fill the shop, or continue an interrupted run."""
        if settings.ENVIRONMENT == "production":
            raise CommandError("this is a production shop; generated data is refused")
        path = settings.VITRINE_HOME / PROGRESS_FILE
        begun = Progress.read(path)
        if shop_is_empty():
            sizes = {name: options[name] for name in ("products", "customers", "days", "seed")}
            begun = Progress(Plan(**sizes, now=timezone.now()), is_finished=False)
            begun.write(path)
            history = generate_history(begun.plan)
            counts = store(history)
            self.stdout.write(
                f"{counts.products:,} products, {counts.customers:,} customers, {counts.orders:,} orders"
            )
        elif begun is None or begun.is_finished:
            self.stdout.write("the shop is not empty; nothing was changed")
            return
        else:
            history = generate_history(begun.plan)
        self.stdout.write(f"{store_pictures_of(history):,} pictures")
        self._load_events(history)
        if not options["no_wait"]:
            self._wait()
        Progress(begun.plan, is_finished=True).write(path)

    def _load_events(self, history: History) -> None:
        try:
            with import_string(settings.OUTBOX_ENGINES)():
                self.stdout.write(f"{load_events(history, warehouse=warehouse()):,} events")
        except (ServiceDidNotStart, WarehouseUnavailable, WarehouseRefused) as error:
            raise CommandError(
                f"the shop is stored, but its events are not: {error}; run the command again to load them"
            ) from error

    def _wait(self) -> None:
        try:
            catch_up(progress=lambda name: self.stdout.write(f"up to date: {name}"))
        except NotCaughtUp as error:
            raise CommandError(f"everything is stored, but {error}; a relay will deliver the rest") from error
