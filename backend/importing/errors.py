"""Faults of a file or of a row."""


class UnreadableFile(Exception):
    """A file that is missing, damaged or not a table in the expected format; none of it is imported."""


class FormatNotInstalled(Exception):
    """The converter of a data set is not part of this installation."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the format {name} is not part of this installation: its converter is in the folder datasets/ of"
            " the repository, which the Docker image lacks"
        )


class InvalidValue(ValueError):
    """A value because of which its row is refused; the message is the reason."""
