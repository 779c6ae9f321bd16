"""Read interactions from text files with lines of `user item item …`, plain, .gz or .xz."""

import gzip
import lzma
from pathlib import Path
from typing import TextIO, cast

from ml.dataset import Interactions


class UnreadableInteractions(ValueError):
    """A file can't be read as lines of `user item item …`."""

    def __init__(self, path: Path, reason: str, *, line: int | None = None) -> None:
        place = str(path) if line is None else f"{path}, line {line}"
        super().__init__(
            f"{place}: {reason}; expected lines of `user item item …` in UTF-8, plain, .gz or .xz"
        )
        self.path, self.line, self.reason = path, line, reason


def read_interactions(path: Path) -> Interactions:
    """Return the pairs of a file, each counted once; a line with only a user is skipped.

    Raises:
        UnreadableInteractions: the file is missing, damaged, binary or empty, or has no pair.
    """
    users: list[str] = []
    items: list[str] = []
    number = 0
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, 1):  # noqa: B007 - named in the error below
                user, *bought = line.split() or [""]
                users.extend([user] * len(bought))
                items.extend(bought)
    except UnicodeDecodeError as error:
        raise UnreadableInteractions(path, f"not text ({error.reason})", line=number + 1) from error
    except (OSError, EOFError, lzma.LZMAError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableInteractions(path, reason) from error
    if not users:
        raise UnreadableInteractions(path, "no line has a user followed by an item")
    return Interactions.of_pairs(users, items)


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast("TextIO", gzip.open(path, "rt", encoding="utf-8"))
    if path.suffix == ".xz":
        return cast("TextIO", lzma.open(path, "rt", encoding="utf-8"))
    return path.open(encoding="utf-8")
