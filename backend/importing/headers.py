"""The columns of a format, and how they are recognised in a file's header."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

SPACING = re.compile(r"[\s_\-]+")
OF_REFUSED_ROWS = ("line", "reason")
"""The additional first columns of a file of refused rows; the others are those of the imported file."""


def key_of(name: str) -> str:
    """Return a column's name in the form in which names are compared: in lower case, words spaced alike."""
    return SPACING.sub(" ", name).strip().casefold()


@dataclass(frozen=True, slots=True)
class Header:
    """The required columns of a format, the optional ones, and the prefix of further columns.

    `aliases` maps alternative names to columns. Names are compared case-insensitively; spaces, hyphens and
    underscores are equivalent. A `closed` format allows no other columns, so that a misspelt name is
    reported. `whole_rows` says whether refused rows are stored with all columns or only the required ones.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    prefix: str = ""
    closed: bool = False
    whole_rows: bool = True
    aliases: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def resolve(self, found: Sequence[str]) -> tuple[str, ...]:
        """Return the names of this format for the columns `found`; unknown columns keep their own names."""
        names = {key_of(name): name for name in (*self.required, *self.optional)}
        names |= {key_of(alias): name for alias, name in self.aliases.items()}
        return tuple(names.get(key_of(column)) or self._prefixed(column.strip()) for column in found)

    def _prefixed(self, column: str) -> str:
        if self.prefix and column.casefold().startswith(self.prefix) and len(column) > len(self.prefix):
            return self.prefix + column[len(self.prefix) :].strip()
        return column

    def unknown(self, resolved: Sequence[str]) -> list[str]:
        """Return the columns that the format does not have."""
        return [name for name in resolved if not self._has(name)]

    def _has(self, name: str) -> bool:
        named = name in self.required or name in self.optional
        return named or bool(self.prefix and name.startswith(self.prefix) and name != self.prefix)

    def missing(self, resolved: Sequence[str]) -> list[str]:
        """Return the required columns that a file lacks."""
        return [name for name in self.required if name not in resolved]

    def fault(self, found: Sequence[str], resolved: Sequence[str]) -> str:
        """Return a message about what is wrong with a file's header; empty if nothing is."""
        known = [name for name in resolved if name and self._has(name)]
        # A format that ignores other columns ignores their duplicates, too.
        duplicate = sorted({name for name in known if known.count(name) > 1})
        problems = [
            f"{problem} {', '.join(names)}"
            for problem, names in (
                ("lacks the columns", self.missing(resolved)),
                ("has duplicate columns", duplicate),
                ("has unknown columns", self.unknown(resolved) if self.closed else []),
            )
            if names
        ]
        return f"the header {'; '.join(problems)}. {self._expected(found)}" if problems else ""

    def _expected(self, found: Sequence[str]) -> str:
        expected = ",".join(self.required)
        if self.optional and self.closed:
            further = ", ".join([*self.optional, *([f"{self.prefix}…"] if self.prefix else [])])
            expected += f" and optionally {further}"
        hint = " (is the delimiter a comma, semicolon or tab?)" if len(found) == 1 else ""
        return f"Expected: {expected}. Found: {','.join(found)}{hint}"

    def described(self, extra: str, *, present: Sequence[str]) -> str:
        """Return the name of an extra column, and the missing column that it may be a misspelling of."""
        if not self.prefix:
            return extra
        known = {key_of(name): name for name in (*self.required, *self.optional) if name not in present}
        near = difflib.get_close_matches(key_of(extra), known, n=1, cutoff=0.8)
        return f"{extra} (did you mean {known[near[0]]}?)" if near else extra
