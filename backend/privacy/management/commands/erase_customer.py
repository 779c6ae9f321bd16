"""`manage.py erase_customer`: erases a customer who asked in another way, or after restoring a backup."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.phones import phone_of
from backend.api.commands import ShopCommand, command_error
from backend.api.errors import DomainError
from backend.audit.actors import Actor
from backend.privacy.services import erase_customer


class Command(ShopCommand):
    """Erases one customer and prints the receipt's id."""

    help = "Erase a customer in all stores; the receipt says when each of them has done it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the ways to name the account."""
        named = parser.add_mutually_exclusive_group(required=True)
        named.add_argument("--phone", help="the account's phone")
        named.add_argument("--id", type=int, help="the account's id, as in the log entry `customer_erased`")

    def handle(self, *_: Any, phone: str | None, id: int | None, **__: Any) -> None:  # noqa: A002
        """Erase the customer."""
        try:
            named: dict[str, Any] = {"pk": id} if phone is None else {"phone": phone_of(phone)}
            user = User.objects.get(**named)
            erasure = erase_customer(user.pk, by=Actor.system("erase_customer"), now=timezone.now())
        except User.DoesNotExist as error:
            raise CommandError("there is no such account") from error
        except DomainError as error:
            raise command_error(error) from error
        self.stdout.write(f"erased; the receipt is {erasure.pk}")
