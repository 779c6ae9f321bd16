"""What the shop's management commands share: their base, and how they print errors of the services."""

from django.core.management.base import BaseCommand, CommandError

from backend.api.errors import DomainError, InvalidInput, written_details

CONFIGURATION = "configuration"
"""The tag of the system checks of what an operator configures."""


class ShopCommand(BaseCommand):
    """A command that runs no system checks, because those of URLs and of the admin import every view.

    That takes longer than most commands. `manage.py check` and `manage.py migrate` run all of them.
    """

    requires_system_checks: tuple[str, ...] = ()


def command_error(error: DomainError) -> CommandError:
    """Return what a command prints: the message, details and hint, or what is wrong with each field."""
    details = written_details(error.details)
    if isinstance(error, InvalidInput):
        return CommandError(details or error.message)
    return CommandError(" ".join(filter(None, (error.message, details and f"({details})", error.hint))))
