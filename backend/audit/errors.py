"""Errors in recording and verifying audit entries."""


class SecretField(ValueError):
    """The changes contain a field that may hold a secret."""


class UnknownOwner(ValueError):
    """Personal values were given without the user whom they describe."""


class InvalidHead(ValueError):
    """The head is not the number and the hash of a block, such as `12:9f86d0…`."""


class LogNotIntact(Exception):
    """The last verification of the log found faults."""


class NotSealed(Exception):
    """Entries have not been sealed for long."""
