"""The reports of this installation: one file each in `queries/`."""

from functools import cache
from pathlib import Path

from analytics_pipeline.reports.definition import Report, read
from analytics_pipeline.reports.errors import InvalidReport, UnknownReport

QUERIES = Path(__file__).parent.parent / "queries"


def names(folder: Path = QUERIES) -> list[str]:
    """Return the names of all files in alphabetical order, valid or not."""
    return sorted(path.stem for path in folder.glob("*.sql"))


def available(folder: Path = QUERIES) -> list[Report]:
    """Return the valid reports by name; an invalid file doesn't affect the others."""
    return [found for found in _read_all(folder) if isinstance(found, Report)]


def faults(folder: Path = QUERIES) -> list[InvalidReport]:
    """Return the fault of each invalid file."""
    return [found for found in _read_all(folder) if isinstance(found, InvalidReport)]


def load(name: str, *, folder: Path = QUERIES) -> Report:
    """Return the report of this name.

    Raises:
        UnknownReport: there is none.
        InvalidReport: its file can't be used.
    """
    for found in _read_all(folder):
        if isinstance(found, Report) and found.name == name:
            return found
        if isinstance(found, InvalidReport) and found.path.stem == name:
            raise found
    raise UnknownReport(name, known=[report.name for report in available(folder)])


@cache
def _read_all(folder: Path) -> tuple[Report | InvalidReport, ...]:
    """Read each file once per process, because reports change only with a release."""
    return tuple(_read(path) for path in sorted(folder.glob("*.sql")))


def _read(path: Path) -> Report | InvalidReport:
    try:
        return read(path)
    except InvalidReport as fault:
        return fault
