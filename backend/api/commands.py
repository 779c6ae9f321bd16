"""Errors of the services, as commands print them."""

from django.core.management.base import CommandError

from backend.api.errors import DomainError, InvalidInput, written_details


def command_error(error: DomainError) -> CommandError:
    """Return what a command prints: the message, details and hint, or what is wrong with each field."""
    details = written_details(error.details)
    if isinstance(error, InvalidInput):
        return CommandError(details or error.message)
    return CommandError(" ".join(filter(None, (error.message, details and f"({details})", error.hint))))
