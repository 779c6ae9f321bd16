"""Errors in imported files and rows."""


class UnreadableFile(Exception):
    """The file is missing, damaged, or not a table in the expected format; nothing is imported."""


class FormatNotInstalled(Exception):
    """The converter of a data set is not part of this installation."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the format {name} is not part of this installation: its converter is in the folder datasets/ of"
            " the repository, which is not in the Docker image"
        )


class InvalidValue(ValueError):
    """A row is refused because of an invalid value; the message is the reason."""
