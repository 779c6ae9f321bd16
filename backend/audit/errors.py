"""Errors in recording audit entries."""


class SecretField(ValueError):
    """The changes contain a field that may hold a secret."""
