"""`manage.py erase_guest`: erases a guest, who has no account, by orders and a contact in them."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from backend.api.commands import ShopCommand, command_error
from backend.api.errors import DomainError
from backend.audit.actors import Actor
from backend.privacy.guests import Contact, erase_guest, other_orders


class Command(ShopCommand):
    """Erases the guest who placed some orders, and prints the receipt's id."""

    help = (
        "Erase a guest in all stores. Only the named orders are erased, because anyone can order with any "
        "e-mail address; others with the same one are listed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the orders, and the ways to name the guest."""
        parser.add_argument("orders", nargs="+", metavar="ORDER_NUMBER")
        contact = parser.add_mutually_exclusive_group(required=True)
        contact.add_argument("--email", default="", help="the e-mail address with which all were placed")
        contact.add_argument("--phone", default="", help="the phone with which all were placed")

    def handle(self, *_: Any, orders: list[str], email: str, phone: str, **__: Any) -> None:
        """Erase the guest."""
        contact = Contact(email=email, phone=phone)
        numbers = list(dict.fromkeys(number.upper() for number in orders))
        try:
            by = Actor.system("erase_guest")
            erasure = erase_guest(numbers, contact=contact, by=by, now=timezone.now())
        except DomainError as error:
            raise command_error(error) from error
        self.stdout.write(f"erased; the receipt is {erasure.pk}")
        if others := other_orders(contact=contact, except_numbers=numbers):
            self.stdout.write(f"other orders of guests with this address: {', '.join(sorted(others))}")
