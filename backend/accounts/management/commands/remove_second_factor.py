"""`manage.py remove_second_factor`: for a user who lost the app, the passkeys and the recovery codes."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from backend.accounts import selectors
from backend.accounts.second_factor.enrolment import remove_all
from backend.accounts.second_factor.services import methods_of
from backend.api.commands import ShopCommand, command_error
from backend.api.errors import DomainError
from backend.audit.actors import Actor

BY = Actor.system("remove_second_factor")


class Command(ShopCommand):
    """Removes all second factors of an account and ends its sessions; then its password alone logs in."""

    help = "Remove the authenticator app, passkeys and recovery codes of an account, and end its sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the phone number."""
        parser.add_argument("phone", help="the phone number of the account, whose owner you have identified")

    def handle(self, *_: Any, **options: Any) -> None:
        """Remove the second factors and print what they were."""
        try:
            user = selectors.account_with(phone=options["phone"])
        except DomainError as error:
            raise command_error(error) from error
        if not methods_of(user):
            raise CommandError("the account has no second factor")
        removed = remove_all(user.pk, by=BY, now=timezone.now())
        self.stdout.write(f"removed from {user.phone}: {', '.join(method.label for method in removed)}")
