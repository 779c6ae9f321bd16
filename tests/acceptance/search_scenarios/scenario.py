"""Scenarios as they are written in `scenarios/*.toml`, one file for each kind of search.

    [[scenario]]
    query = "headphones under 500"
    expect = ["top 10 all contain 'headphone|earphone'", "top 10 all cost at most 500"]
    expected_failure = "price words are searched as words"

`query` is searched, or `typed` is completed to suggestions. Other keys: `filters`, `sort`, `page_size`, `is_typed`, and
what staff have set up: `synonyms` and `rules`. `expectations.py` lists the sentences of `expect`.
`expected_failure` says why the scenario fails today; it then has to fail, so that whoever mends it removes the line.
`sku` lists products that the catalogue must have, in addition to those that `expect` names.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("scenarios")
NAMED_SKU = re.compile(r"SKU '([^']+)'")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """A search, and what a merchandiser expects of it."""

    kind: str
    """The name of its file."""
    query: str = ""
    typed: str | None = None
    """The text whose suggestions are looked at, instead of a search."""
    expect: tuple[str, ...]
    filters: Mapping[str, Any] = field(default_factory=dict)
    sort: str = "relevance"
    page_size: int = 20
    synonyms: tuple[Mapping[str, Any], ...] = ()
    rules: tuple[Mapping[str, Any], ...] = ()
    is_typed: bool = False
    """Whether the query is still being typed."""
    sku: tuple[str, ...] = ()
    expected_failure: str | Mapping[str, str] | None = None
    """The reason, or a reason for each engine that fails."""

    @property
    def name(self) -> str:
        """Its name in the output of pytest."""
        text = self.query if self.typed is None else f"{self.typed}…"
        options = [*map(str, self.filters.values()), *([self.sort] if self.sort != "relevance" else [])]
        return f"{self.kind}: {' '.join([text[:60] or 'everything', *options])}"

    @property
    def named(self) -> frozenset[str]:
        """The SKUs that the catalogue must have."""
        expected = {sku for each in self.expect for sku in NAMED_SKU.findall(each)}
        in_rules = {sku for rule in self.rules for name in ("pin", "hide") for sku in rule.get(name, ())}
        return frozenset(expected | in_rules | {*self.sku})

    def failure_on(self, engine: str) -> str | None:
        """Return why the scenario fails on an engine; None if it must pass."""
        if isinstance(self.expected_failure, Mapping):
            return self.expected_failure.get(engine)
        return self.expected_failure


def scenarios() -> Iterator[Scenario]:
    """Yield the scenarios of all files, in their order."""
    for path in sorted(FOLDER.glob("*.toml")):
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["scenario"]:
            yield Scenario(kind=path.stem, **{name: _frozen(value) for name, value in row.items()})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
