"""Descriptions in imported files."""

from backend.catalog.descriptions import without_scripts
from backend.importing.errors import InvalidValue

LONGEST_DESCRIPTION = 100_000
BAD_DESCRIPTION = f"description must have at most {LONGEST_DESCRIPTION:,} characters"


def description_of(text: str) -> str:
    """Return a description: HTML without scripts and styles, and other text unchanged.

    Raises:
        InvalidValue: it is too long.
    """
    if len(text) > LONGEST_DESCRIPTION:
        raise InvalidValue(BAD_DESCRIPTION)
    cleaned = without_scripts(text)
    if len(cleaned) > LONGEST_DESCRIPTION:
        raise InvalidValue(BAD_DESCRIPTION)
    return cleaned
