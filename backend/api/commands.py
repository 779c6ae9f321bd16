"""Errors of the services, as commands print them."""

from django.core.management.base import CommandError

from backend.api.errors import DomainError, InvalidInput


def command_error(error: DomainError) -> CommandError:
    """Return the error that a command prints: the message and the hint, or what is wrong with each field."""
    if isinstance(error, InvalidInput):
        fields = [f"{name}: {text}" for name, texts in error.details.items() for text in _listed(texts)]
        return CommandError("; ".join(fields) or error.message)
    return CommandError(f"{error.message} {error.hint}".rstrip())


def _listed(texts: object) -> list[str]:
    return [str(text) for text in texts] if isinstance(texts, list) else [str(texts)]
