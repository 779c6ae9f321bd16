"""Read interactions, sequences and baskets from text files, plain, .gz or .xz."""

import gzip
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO, cast

from ml.dataset import Interactions

PAIRS = "user item item …"
SEQUENCES = "item item …"
BASKETS = "shopper TAB item item …;item item …"


class UnreadableInteractions(ValueError):
    """A file can't be read as lines of this format."""

    def __init__(self, path: Path, reason: str, *, line: int | None = None, lines: str = PAIRS) -> None:
        place = str(path) if line is None else f"{path}, line {line}"
        super().__init__(f"{place}: {reason}; expected lines of `{lines}` in UTF-8, plain, .gz or .xz")
        self.path, self.line, self.reason = path, line, reason


def read_interactions(path: Path) -> Interactions:
    """Return the pairs of a file, each counted once; a line with only a user is skipped.

    Raises:
        UnreadableInteractions: the file is missing, damaged, binary or empty, or has no pair.
    """
    users: list[str] = []
    items: list[str] = []
    for line in _lines(path, form=PAIRS):
        user, *bought = line.split() or [""]
        users.extend([user] * len(bought))
        items.extend(bought)
    if not users:
        raise UnreadableInteractions(path, "no line has a user followed by an item")
    return Interactions.of_pairs(users, items)


def read_sequences(path: Path) -> list[list[str]]:
    """Return the sequences of a file, one a line; empty lines are skipped.

    Raises:
        UnreadableInteractions: the file is missing, damaged, binary or empty.
    """
    found = [line.split() for line in _lines(path, form=SEQUENCES) if not line.isspace()]
    if not found:
        raise UnreadableInteractions(path, "no line has an item", lines=SEQUENCES)
    return found


def read_baskets(path: Path) -> list[tuple[str, list[list[str]]]]:
    """Return the shoppers of a file with their baskets; empty lines and baskets are skipped.

    Raises:
        UnreadableInteractions: the file is missing, damaged, binary or empty, or a line has no shopper
            or no tab.
    """
    found = []
    for number, line in enumerate(_lines(path, form=BASKETS), 1):
        if line.isspace():
            continue
        before, tab, rest = line.partition("\t")
        shopper = before.strip()
        if not shopper or not tab:
            reason = "no tab" if shopper else "no shopper before the tab"
            raise UnreadableInteractions(path, reason, line=number, lines=BASKETS)
        baskets = [basket.split() for basket in rest.split(";") if basket.strip()]
        if baskets:
            found.append((shopper, baskets))
    if not found:
        raise UnreadableInteractions(path, "no line has a shopper and a basket", lines=BASKETS)
    return found


def _lines(path: Path, *, form: str) -> Iterator[str]:
    number = 0
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, 1):  # noqa: B007 - named in the error below
                yield line
    except UnicodeDecodeError as error:
        reason = f"not text ({error.reason})"
        raise UnreadableInteractions(path, reason, line=number + 1, lines=form) from error
    except (OSError, EOFError, lzma.LZMAError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableInteractions(path, reason, lines=form) from error


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast("TextIO", gzip.open(path, "rt", encoding="utf-8"))
    if path.suffix == ".xz":
        return cast("TextIO", lzma.open(path, "rt", encoding="utf-8"))
    return path.open(encoding="utf-8")
