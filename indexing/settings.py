"""The choice and address of a shop's search engine, from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from indexing.engine import SearchEngine

ENGINES = ("tantivy", "elasticsearch")
DEFAULT_HOME = "var"
DEFAULT_PREFIX = "vitrine"


class SettingsError(ValueError):
    """An environment variable has an invalid value."""

    def __init__(self, variable: str, problem: str) -> None:
        super().__init__(f"{variable} {problem}")
        self.variable = variable


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchSettings:
    """The search engine of one shop."""

    engine: str
    home: Path
    """Where tantivy keeps its generations."""
    elasticsearch_url: str = ""
    prefix: str = DEFAULT_PREFIX
    """The beginning of every index name, so that several shops can share a cluster."""

    def __post_init__(self) -> None:
        """Raise SettingsError for an unknown engine, or for Elasticsearch without a valid address."""
        if self.engine not in ENGINES:
            allowed = ", ".join(ENGINES)
            raise SettingsError("VITRINE_SEARCH_ENGINE", f"is {self.engine!r}; it must be one of {allowed}")
        if self.engine == "elasticsearch" and not _is_address(self.elasticsearch_url):
            raise SettingsError("ELASTICSEARCH_URL", "must be an address such as http://localhost:9200")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Return the settings of VITRINE_SEARCH_ENGINE, VITRINE_HOME and VITRINE_SEARCH_PREFIX.

        With ELASTICSEARCH_URL the engine is Elasticsearch unless VITRINE_SEARCH_ENGINE names the other one.

        Raises:
            SettingsError: a variable has an invalid value.
        """
        environ = os.environ if environ is None else environ
        url = environ.get("ELASTICSEARCH_URL", "")
        engine = environ.get("VITRINE_SEARCH_ENGINE") or ("elasticsearch" if url else "tantivy")
        return cls(
            engine=engine,
            home=Path(environ.get("VITRINE_HOME") or DEFAULT_HOME) / "search",
            elasticsearch_url=url,
            prefix=environ.get("VITRINE_SEARCH_PREFIX") or DEFAULT_PREFIX,
        )


def _is_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def open_engine(settings: SearchSettings) -> SearchEngine:
    """Return the engine of `settings`; the other engine's library need not be installed."""
    if settings.engine == "elasticsearch":
        from indexing.elasticsearch.engine import ElasticsearchEngine  # noqa: PLC0415

        return ElasticsearchEngine(url=settings.elasticsearch_url, prefix=settings.prefix)
    from indexing.tantivy.engine import TantivyEngine  # noqa: PLC0415

    return TantivyEngine(settings.home)
