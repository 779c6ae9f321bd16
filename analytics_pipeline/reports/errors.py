"""Exceptions of reports and of requests for them."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path


class UnknownReport(LookupError):
    """There is no report of this name."""

    def __init__(self, name: str, *, known: Sequence[str]) -> None:
        close = get_close_matches(name, known)
        meant = f"; did you mean {' or '.join(close)}?" if close else "."
        super().__init__(f"There is no report {name!r}{meant} The reports are {', '.join(known)}")
        self.name = name
        self.known = tuple(known)


class InvalidReport(Exception):
    """A report's file can't be used; `line` counts from 1."""

    def __init__(self, reason: str, *, path: Path, line: int) -> None:
        super().__init__(f"{path}:{line}: {reason}")
        self.reason = reason
        self.path = path
        self.line = line


class InvalidParameters(ValueError):
    """Parameters of a report are missing, unknown or invalid; `faults` has the reason for each."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in faults.items()))
        self.faults = dict(faults)


class NotForSellers(Exception):
    """The report is about the whole shop and not about one seller's products."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The report {name!r} is for staff only")
        self.name = name
