"""What can be wrong with a file or a row of it."""


class UnreadableFile(Exception):
    """A file that is missing, damaged or no table of the expected kind; nothing of it is imported."""


class InvalidValue(ValueError):
    """A value that makes its row refused; the message is the reason."""
