"""`manage.py outbox`: list the cursors of the outbox, close one, repair a subscriber."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.module_loading import import_string

from backend.api.commands import ShopCommand
from backend.outbox.cursors import close_cursor, repair
from backend.outbox.errors import UnknownSubscriber
from backend.outbox.models import Cursor
from backend.outbox.subscribers import Subscriber


class Command(ShopCommand):
    """Lists cursors, closes one, or repairs a subscriber."""

    help = "List the subscribers of the outbox and which process runs each; close a cursor or repair one."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options for what to do in addition to listing."""
        action = parser.add_mutually_exclusive_group()
        action.add_argument(
            "--close",
            metavar="NAME",
            help="close a cursor that no process runs, so that messages can be deleted",
        )
        action.add_argument(
            "--repair",
            metavar="NAME",
            help="after messages of a subscriber were deleted: let it run again, and republish all rows",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Close or repair if requested, then list the cursors."""
        try:
            if options["close"]:
                close_cursor(options["close"], now=timezone.now())
            elif options["repair"]:
                self._repair(options["repair"])
        except UnknownSubscriber as error:
            raise CommandError(str(error)) from error
        for cursor in Cursor.objects.order_by("subscriber"):
            self.stdout.write(f"{cursor.subscriber}  {_state(cursor)}")

    def _repair(self, name: str) -> None:
        for topic in repair(_subscriber(name)):
            self.stdout.write(f"the deleted messages of {topic} are lost")


def _subscriber(name: str) -> Subscriber:
    subscribers: list[Subscriber] = import_string(settings.OUTBOX_SUBSCRIBERS)()
    found = next((subscriber for subscriber in subscribers if subscriber.name == name), None)
    if found is None:
        raise UnknownSubscriber(f"there is no subscriber {name}")
    return found


def _state(cursor: Cursor) -> str:
    if cursor.overtaken:
        return "overtaken"
    if cursor.closed_at is not None:
        return f"closed since {cursor.closed_at:%Y-%m-%d %H:%M} UTC"
    return f"run by {cursor.lease_owner}" if cursor.lease_owner else "not running"
