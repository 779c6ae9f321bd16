"""Errors in recording audit entries."""


class NotInTransaction(RuntimeError):
    """An entry was recorded outside a transaction, so it could differ from what is committed."""


class SecretField(ValueError):
    """The changes contain a field that may hold a secret."""
