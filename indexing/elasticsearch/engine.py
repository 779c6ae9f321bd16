"""The protocol of indexing.engine on Elasticsearch."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from elasticsearch import NotFoundError

from indexing.analysis import DEFAULT_LANGUAGE
from indexing.buckets import Bucket
from indexing.document import SuggestedProduct
from indexing.elasticsearch.client import (
    BATCH_SECONDS,
    NAME,
    SEARCH_SECONDS,
    Deadline,
    connect,
    search,
    translated_errors,
)
from indexing.elasticsearch.counting import attribute_counts, counts
from indexing.elasticsearch.documents import stored_documents
from indexing.elasticsearch.indices import Indices
from indexing.elasticsearch.lexicons import LexiconIndex
from indexing.elasticsearch.ordering import currency_counts
from indexing.elasticsearch.searching import Searching
from indexing.elasticsearch.writing import Writing
from indexing.encoder.lazy import identity_of
from indexing.engine import DocumentWrite, Generation, StoredDocument, WriteResult
from indexing.facet_search import FacetSearch
from indexing.fields import ATTRIBUTE, CURRENCY
from indexing.lexicon.lexicon import Lexicon
from indexing.lexicon.loading import Lexicons
from indexing.mapping import key
from indexing.page import SearchPage
from indexing.request import SearchRequest
from indexing.schema import VERSION, IndexSchema, schema_of
from indexing.suggestions.typed import Typed

if TYPE_CHECKING:
    from indexing.elasticsearch.meaning import Meanings
    from indexing.encoder.model import TextEncoder

SERVING_KNOWN_SECONDS = 1.0
"""How long a process goes on using a generation without checking that it still serves.

After a swap it has become the standby, which is kept current, so its results stay correct for that time.
"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Serving:
    generation: str
    schema: IndexSchema
    currencies: Mapping[str, int]
    known_until: float


class ElasticsearchEngine:
    """A search engine in a cluster. Threads and processes may share it."""

    name = NAME

    def __init__(
        self,
        *,
        url: str,
        prefix: str,
        language: str = DEFAULT_LANGUAGE,
        shards: int = 1,
        replicas: int | None = None,
        encoder: "TextEncoder | None" = None,
        collapses: tuple[str, ...] = (),
    ) -> None:
        """Use the indices that begin with `prefix` on the cluster at `url`; nothing is sent yet.

        New indices are in `language` and get this number of shards, and of replicas: None for one as soon as
        there are two nodes. They have the groups of products by the attributes in `collapses`.
        """
        self.encoder = encoder
        self._language = language
        self._collapses = tuple(map(key, collapses))
        self._meanings = _meanings(encoder)
        self._client = connect(url)
        self._patient = self._client.options(request_timeout=BATCH_SECONDS)
        self._stored_lexicons = LexiconIndex(self._client, prefix=prefix)
        self._lexicons = Lexicons(self._stored_lexicons)
        self._indices = Indices(
            self._client, prefix=prefix, language=language, shards=shards, replicas=replicas
        )
        self._writing = Writing(self._client)
        self._serving: _Serving | None = None
        self._schemas: dict[str, IndexSchema] = {}

    def search(self, request: SearchRequest) -> SearchPage:
        """Return one page."""
        return self._run(lambda searching: searching.search(request))

    def facet_values(self, request: SearchRequest, wanted: FacetSearch) -> tuple[Bucket, ...]:
        """Return the values of a facet that `wanted` finds, those of the most products first."""
        return self._run(lambda searching: searching.facet_values(request, wanted))

    def suggest_products(self, typed: Typed, *, limit: int) -> tuple[SuggestedProduct, ...]:
        """Return products whose words include what was typed; best sellers first."""
        return self._run(lambda searching: searching.suggested_products(typed, limit=limit))

    def write(self, generation: str, writes: Sequence[DocumentWrite], *, now: datetime) -> WriteResult:
        """Apply `writes`; Elasticsearch keeps the versions of deletes itself, by its own clock."""
        with translated_errors(generation):
            schema = self._schema_of(generation)
            if schema.encoder is None:
                return self._writing.write(generation, writes, schema=schema)
            from indexing.elasticsearch.vectors import vectors_for  # noqa: PLC0415 (the extra `semantic`)

            vector_of = vectors_for(self._patient, generation, writes, schema=schema, encoder=self.encoder)
            return self._writing.write(generation, writes, schema=schema, vector_of=vector_of)

    def stored(self, generation: str, product_ids: Sequence[int]) -> dict[int, StoredDocument]:
        """Return the stored documents of these products, including those not refreshed yet."""
        if not product_ids:
            return {}
        with translated_errors(generation):
            self._schema_of(generation)
            return stored_documents(self._patient, generation, product_ids)

    def product_ids(self, generation: str, *, after: int, limit: int) -> list[int]:
        """Return the ids of products above `after`, in ascending order."""
        with translated_errors(generation):
            self._schema_of(generation)
            found = self._patient.search(
                index=generation,
                query={"range": {"id": {"gt": after}}},
                sort=[{"id": "asc"}],
                size=limit,
                source=False,
                track_total_hits=False,
            )
            return [int(each["_id"]) for each in found["hits"]["hits"]]

    def count(self, generation: str) -> int:
        """Return how many products the generation holds."""
        with translated_errors(generation):
            self._schema_of(generation)
            found: int = self._client.count(index=generation)["count"]
            return found

    def counts(self, generation: str, field: str) -> Iterator[tuple[str, int]]:
        """Yield the values of an exact field with their numbers of products."""
        with translated_errors(generation):
            schema = self._schema_of(generation)
            self._patient.indices.refresh(index=generation)
            if field == ATTRIBUTE:
                yield from attribute_counts(self._patient, generation, schema=schema)
            else:
                yield from counts(self._patient, generation, schema.field(field).name)

    def save_lexicon(self, generation: str, content: bytes) -> None:
        """Store the generation's lexicon; this process uses it at once."""
        with translated_errors(generation):
            self._indices.require(generation)
            self._stored_lexicons.save(generation, content)
        self._lexicons.check(generation)

    def lexicon(self, generation: str, *, wait: bool = False) -> Lexicon:
        """Return the generation's lexicon."""
        if wait:
            self._lexicons.check(generation)
        return self._lexicons.current(generation)

    def generations(self) -> tuple[Generation, ...]:
        """Return all generations, oldest first."""
        with translated_errors():
            return self._indices.generations()

    def serving(self) -> Generation:
        """Return the serving generation."""
        with translated_errors():
            return self._indices.serving_generation(Deadline(SEARCH_SECONDS))

    def create(self, *, now: datetime) -> Generation:
        """Create an empty generation of the current schema version."""
        with translated_errors():
            return self._indices.create(now=now, encoder=identity_of(self.encoder), collapses=self._collapses)

    def is_like_new(self, generation: Generation) -> bool:
        """Return whether `create` would create a generation with the same description."""
        described = (
            generation.schema_version,
            generation.language,
            generation.encoder,
            generation.collapses,
        )
        return described == (VERSION, self._language, identity_of(self.encoder), self._collapses)

    def swap(self, generation: str) -> None:
        """Make this the serving generation from the next search on."""
        with translated_errors(generation):
            self._indices.swap(generation)
        self._serving = None

    def drop(self, generation: str) -> None:
        """Delete a generation that is not the serving one."""
        with translated_errors(generation):
            self._indices.drop(generation)
            self._stored_lexicons.delete(generation)
        self._lexicons.forget(generation)
        self._schemas.pop(generation, None)

    def destroy(self) -> None:
        """Delete every generation, including the serving one."""
        with translated_errors():
            self._indices.destroy()
            self._stored_lexicons.destroy()
        self._serving = None
        self._schemas.clear()

    def release(self, generation: str) -> None:
        """Do nothing: Elasticsearch accepts writes from every process."""

    def ping(self) -> None:
        """Raise an error unless searches can be served."""
        deadline = Deadline(SEARCH_SECONDS)
        with translated_errors():
            serving = self._indices.serving_generation(deadline)
            schema_of(serving.name, serving.schema_version, language=serving.language)
            deadline.on(self._client).count(index=serving.name)

    def close(self) -> None:
        """Stop the threads and close the connections."""
        self._writing.close()
        self._client.close()

    def _run(self, operation: Callable[[Searching], T]) -> T:
        """Run an operation on the serving generation; look that up again if its index was dropped."""
        deadline = Deadline(SEARCH_SECONDS)
        with translated_errors():
            try:
                return operation(self._searching(deadline))
            except NotFoundError:
                self._serving = None
                return operation(self._searching(deadline))

    def _searching(self, deadline: Deadline) -> Searching:
        serving = self._serving
        if serving is None or serving.known_until < time.monotonic():
            found = self._indices.serving_generation(deadline)
            schema = _schema(found)
            currencies = self._currencies(found.name, schema, deadline)
            serving = _Serving(found.name, schema, currencies, time.monotonic() + SERVING_KNOWN_SECONDS)
            self._serving = serving
        return Searching(
            self._client,
            serving.generation,
            schema=serving.schema,
            lexicon=self.lexicon(serving.generation),
            deadline=deadline,
            currencies=serving.currencies,
            meanings=self._meanings,
        )

    def _currencies(self, generation: str, schema: IndexSchema, deadline: Deadline) -> dict[str, int]:
        """Return the numbers of products by currency; empty if the schema has no such field."""
        if not schema.has(CURRENCY):
            return {}
        found = search(self._client, generation, currency_counts(), deadline=deadline)
        return {each["key"]: each["doc_count"] for each in found["aggregations"][CURRENCY]["buckets"]}

    def _schema_of(self, generation: str) -> IndexSchema:
        """Return the schema of a generation, which never changes."""
        known = self._schemas.get(generation)
        if known is None:
            found = self._indices.generation(generation)
            known = self._schemas[generation] = _schema(found)
        return known


def _meanings(encoder: "TextEncoder | None") -> "Meanings | None":
    if encoder is None:
        return None
    from indexing.elasticsearch.meaning import Meanings  # noqa: PLC0415 (the extra `semantic`)

    return Meanings(encoder)


def _schema(generation: Generation) -> IndexSchema:
    return schema_of(
        generation.name,
        generation.schema_version,
        language=generation.language,
        encoder=generation.encoder,
        collapses=generation.collapses,
    )
