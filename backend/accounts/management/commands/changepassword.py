"""`manage.py changepassword`: sets the password of an account, which is recorded, and ends its sessions."""

import getpass
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from backend.accounts import selectors
from backend.accounts.passwords import set_password
from backend.api.commands import ShopCommand, command_error
from backend.api.errors import DomainError
from backend.audit.actors import Actor


class Command(ShopCommand):
    """Replaces Django's command of this name, which neither records the change nor ends sessions."""

    help = "Set the password of the account with a phone number, and end all its sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the phone number."""
        parser.add_argument("phone", help="the phone number of the account")

    def handle(self, *_: Any, phone: str, **__: Any) -> None:
        """Ask for the password twice, and set it."""
        try:
            user = selectors.account_with(phone=phone)
            password = getpass.getpass("Password: ")
            if getpass.getpass("Password (again): ") != password:
                raise CommandError("the passwords differ")
            by = Actor.system("changepassword")
            ended = set_password(user.pk, password=password, by=by, now=timezone.now())
        except DomainError as error:
            raise command_error(error) from error
        self.stdout.write(f"password changed; {ended} sessions ended")
