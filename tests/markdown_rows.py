"""Cases in tables of Markdown files, which people who don't program can read and extend."""

from pathlib import Path


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of the file's only table, by column."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(header, row, strict=True)) for row in rows]
