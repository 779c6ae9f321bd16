"""`manage.py payments`: list the payments that need an operator, or say what was done about one."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from backend.api.commands import ShopCommand
from backend.audit.actors import Actor
from backend.payments import operators, selectors
from backend.payments.attention import alarming
from backend.payments.errors import PaymentNotFound
from backend.payments.models import Payment, PaymentRequest

BY = Actor.system("payments_command")


class Command(ShopCommand):
    """Lists payments that need attention, and resolves them."""

    help = "List the payments that need an operator, with the reasons; or resolve one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the ways to resolve a payment or a request."""
        ways = parser.add_mutually_exclusive_group()
        ways.add_argument("--retry", type=UUID, metavar="REQUEST", help="attempt an unresolved request again")
        ways.add_argument(
            "--give-up",
            type=UUID,
            metavar="REQUEST",
            help="close an unresolved request that the gateway did not perform",
        )
        ways.add_argument(
            "--acknowledge", type=UUID, metavar="PAYMENT", help="the events of a payment were looked at"
        )
        parser.add_argument("--reason", default="", help="with --give-up: what the gateway shows")

    def handle(self, *_: Any, **options: Any) -> None:
        """Resolve what the options name, and list what remains."""
        try:
            with transaction.atomic():
                _resolve(options)
        except PaymentNotFound as error:
            raise CommandError("there is no such payment, or no such unresolved request") from error
        payments = list(selectors.payments_matching({"needs_attention": True}))
        if not payments:
            self.stdout.write("no payment needs an operator")
        for payment in payments:
            self.stdout.write(_line_of(payment))
            for request in payment.requests.all():
                if request.state == "UNRESOLVED":
                    self.stdout.write(_line_of_request(request))
            for event in alarming(payment, list(payment.events.all())):
                self.stdout.write(
                    f"  event {event.kind} {event.amount.normalize():f} {event.currency} "
                    f"{event.gateway_reference} {event.problem or event.message}".rstrip()
                )


def _resolve(options: dict[str, Any]) -> None:
    now = timezone.now()
    if options["retry"] is not None:
        operators.retry(options["retry"], by=BY, now=now)
    elif options["give_up"] is not None:
        operators.give_up(options["give_up"], reason=options["reason"], by=BY, now=now)
    elif options["acknowledge"] is not None:
        operators.acknowledge(options["acknowledge"], by=BY, now=now)


def _line_of(payment: Payment) -> str:
    return f"{payment.pk} order {payment.order_number} {payment.gateway} {payment.status}"


def _line_of_request(request: PaymentRequest) -> str:
    return f"  request {request.pk} {request.kind} {request.amount.normalize():f} {request.error}"
