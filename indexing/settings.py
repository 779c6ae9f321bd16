"""The choice and address of a shop's search engine, from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from indexing.analysis import DEFAULT_LANGUAGE, LANGUAGES
from indexing.encoder.lazy import LazyEncoder
from indexing.encoder.settings import EncoderSettings, EncoderSettingsError
from indexing.grouping import BRAND
from indexing.mapping import key

if TYPE_CHECKING:
    # Every process reads the settings; few use an engine.
    from indexing.engine import SearchEngine

ENGINES = ("tantivy", "elasticsearch")
DEFAULT_HOME = "var"
DEFAULT_PREFIX = "vitrine"
MAX_SHARDS = 64
MAX_REPLICAS = 5
MAX_COLLAPSES = 10


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
    shards: int = 1
    """Of a new Elasticsearch index. One is fastest up to some millions of products."""
    replicas: int | None = None
    """Copies of each shard of a new Elasticsearch index; None for one as soon as there are two nodes."""
    language: str = DEFAULT_LANGUAGE
    """The language of the catalogue, for new generations."""
    encoder: EncoderSettings | None = None
    """The encoder of hybrid search; None for words only."""
    collapses: tuple[str, ...] = ()
    """The attributes, beside the brand, of whose values a search may show one product each."""

    def __post_init__(self) -> None:
        """Raise SettingsError for an unknown engine or language, or for Elasticsearch without an address."""
        if self.engine not in ENGINES:
            allowed = ", ".join(ENGINES)
            raise SettingsError("VITRINE_SEARCH_ENGINE", f"is {self.engine!r}; it must be one of {allowed}")
        if self.engine == "elasticsearch" and not _is_address(self.elasticsearch_url):
            raise SettingsError("ELASTICSEARCH_URL", "must be an address such as http://localhost:9200")
        if self.language not in LANGUAGES:
            allowed = ", ".join(LANGUAGES)
            raise SettingsError("VITRINE_LANGUAGE", f"is {self.language!r}; it must be one of {allowed}")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Return the settings of VITRINE_SEARCH_ENGINE, _HOME, _LANGUAGE, _ENCODER and VITRINE_SEARCH_*.

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
            shards=_number(environ, "VITRINE_SEARCH_SHARDS", lowest=1, highest=MAX_SHARDS) or 1,
            replicas=_number(environ, "VITRINE_SEARCH_REPLICAS", lowest=0, highest=MAX_REPLICAS),
            language=environ.get("VITRINE_LANGUAGE", "").lower() or DEFAULT_LANGUAGE,
            encoder=_encoder(environ),
            collapses=_names(environ.get("VITRINE_SEARCH_COLLAPSE", "")),
        )


def _encoder(environ: Mapping[str, str]) -> EncoderSettings | None:
    try:
        return EncoderSettings.from_env(environ)
    except EncoderSettingsError as error:
        raise SettingsError(error.variable, error.problem) from error


def _names(listed: str) -> tuple[str, ...]:
    """Return the names in a list with commas, as attributes are compared."""
    names = tuple(dict.fromkeys(filter(None, map(key, listed.split(",")))))
    if BRAND in names:
        raise SettingsError("VITRINE_SEARCH_COLLAPSE", f"lists attributes; {BRAND!r} is the products' brand")
    if len(names) > MAX_COLLAPSES:
        raise SettingsError("VITRINE_SEARCH_COLLAPSE", f"lists more than {MAX_COLLAPSES} attributes")
    return names


def _is_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _number(environ: Mapping[str, str], variable: str, *, lowest: int, highest: int) -> int | None:
    """Return the value of a variable; None if it isn't set."""
    value = environ.get(variable, "")
    if not value:
        return None
    if not (value.isascii() and value.isdigit()) or not lowest <= int(value) <= highest:
        raise SettingsError(variable, f"is {value!r}; it must be a number from {lowest} to {highest}")
    return int(value)


def open_engine(settings: SearchSettings) -> "SearchEngine":
    """Return the engine of `settings`; the other engine's library need not be installed."""
    encoder = None if settings.encoder is None else LazyEncoder(settings.encoder)
    if settings.engine == "elasticsearch":
        from indexing.elasticsearch.engine import ElasticsearchEngine  # noqa: PLC0415

        return ElasticsearchEngine(
            url=settings.elasticsearch_url,
            prefix=settings.prefix,
            language=settings.language,
            shards=settings.shards,
            replicas=settings.replicas,
            encoder=encoder,
            collapses=settings.collapses,
        )
    from indexing.tantivy.engine import TantivyEngine  # noqa: PLC0415

    return TantivyEngine(settings.home, language=settings.language, encoder=encoder)
