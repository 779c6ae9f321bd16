"""The protocol that both search engines implement, and the writes that they accept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from indexing.analysis import DEFAULT_LANGUAGE
from indexing.buckets import Bucket
from indexing.document import ProductDocument, SuggestedProduct
from indexing.encoder.identity import EncoderIdentity
from indexing.facet_search import FacetSearch
from indexing.page import SearchPage
from indexing.request import SearchRequest
from indexing.suggestions.typed import Typed

if TYPE_CHECKING:
    from indexing.encoder.model import TextEncoder

    # Imports numpy, which only the engines need.
    from indexing.lexicon.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class PutDocument:
    """Store this document unless the index holds a newer version of it."""

    document: ProductDocument
    version: int

    @property
    def product_id(self) -> int:
        """The product that is written."""
        return self.document.id


@dataclass(frozen=True, slots=True)
class DeleteDocument:
    """Remove this product unless the index holds a newer version of it."""

    product_id: int
    version: int


DocumentWrite = PutDocument | DeleteDocument


@dataclass(frozen=True, slots=True)
class WriteResult:
    """How many writes were applied, and how many were older than the stored version."""

    applied: int
    stale: int


class Role(StrEnum):
    """What a generation is used for."""

    SERVING = "serving"
    STANDBY = "standby"
    """Served before; it is still kept current, so that a rollback takes effect at once."""
    BUILDING = "building"
    """Incomplete; only the process that builds it writes to it."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One physical index."""

    name: str
    role: Role
    created_at: datetime
    schema_version: int | None
    """Its schema version; None if none is recorded."""
    language: str = DEFAULT_LANGUAGE
    """The language of its texts; versions 1 and 2 know English only."""
    encoder: EncoderIdentity | None = None
    """The encoder of its vectors; None if it has none."""
    collapses: tuple[str, ...] = ()
    """The attributes whose groups are indexed, on Elasticsearch."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A product's document in a generation, with its version."""

    version: int
    document: ProductDocument


class SearchEngine(Protocol):
    """A search engine. Searches go to the serving generation; writes name their generation.

    Every method may raise SearchEngineUnavailable. Methods that read or write a generation raise
    IndexCorrupt if it is damaged and UnsupportedSchema if its schema version is not served by this release;
    methods that take its name raise GenerationNotFound if it was dropped.
    """

    name: str
    encoder: "TextEncoder | None"
    """Makes the vectors of new generations; None for generations without vectors."""

    def search(self, request: SearchRequest) -> SearchPage:
        """Return one page.

        Raises:
            IndexMissing: no generation serves. FieldNotIndexed: the serving generation has the previous
            schema version, without a field of the request.
        """
        ...

    def suggest_products(self, typed: Typed, *, limit: int) -> tuple[SuggestedProduct, ...]:
        """Return products whose words, descriptions aside, include what was typed; best sellers first.

        Raises:
            IndexMissing: no generation serves.
        """
        ...

    def facet_values(self, request: SearchRequest, wanted: FacetSearch) -> tuple[Bucket, ...]:
        """Return the values of a facet of `request` that `wanted` finds, those of the most products first.

        Raises:
            IndexMissing: no generation serves. FieldNotIndexed: as `search`.
        """
        ...

    def write(self, generation: str, writes: Sequence[DocumentWrite], *, now: datetime) -> WriteResult:
        """Apply `writes` in the generation's own schema version; the highest version of a product wins.

        The order and the number of attempts do not matter. On return the writes are durable; within half a
        second searches see them.

        Raises:
            GenerationNotFound: the generation was dropped.
            GenerationBusy: another process writes it.
            DocumentRefused: a document cannot be indexed.
        """
        ...

    def stored(self, generation: str, product_ids: Sequence[int]) -> dict[int, StoredDocument]:
        """Return the stored documents of those products that the generation has."""
        ...

    def product_ids(self, generation: str, *, after: int, limit: int) -> list[int]:
        """Return up to `limit` ids of products that searches find, above `after`, in ascending order."""
        ...

    def count(self, generation: str) -> int:
        """Return how many products the generation holds."""
        ...

    def counts(self, generation: str, field: str) -> Iterator[tuple[str, int]]:
        """Yield the values of an exact field with their numbers of products, in any order.

        The values of ATTRIBUTE are the tokens of the products' and variants' attributes.

        Raises:
            FieldNotIndexed: the generation's schema version lacks the field.
        """
        ...

    def save_lexicon(self, generation: str, content: bytes) -> None:
        """Store the file of the generation's lexicon in place of the former one.

        Searches of this process use it at once, those of other processes within seconds.
        """
        ...

    def lexicon(self, generation: str, *, wait: bool = False) -> "Lexicon":
        """Return the generation's lexicon, EMPTY if none could be loaded.

        Without `wait`, as searches call it, it is loaded in the background, and is EMPTY until then.
        """
        ...

    def generations(self) -> tuple[Generation, ...]:
        """Return all generations, oldest first, including those that cannot be read."""
        ...

    def serving(self) -> Generation:
        """Return the serving generation.

        Raises:
            IndexMissing: there is none.
        """
        ...

    def create(self, *, now: datetime) -> Generation:
        """Create an empty generation of the current schema version that does not serve yet."""
        ...

    def is_like_new(self, generation: Generation) -> bool:
        """Return whether `create` would create a generation with the same version, language and encoder."""
        ...

    def swap(self, generation: str) -> None:
        """Make this the serving generation, with all its writes; the former one becomes the standby.

        Searches of this process use it at once, those of other processes within a second.
        """
        ...

    def drop(self, generation: str) -> None:
        """Delete a generation.

        Raises:
            ValueError: it is the serving generation.
        """
        ...

    def destroy(self) -> None:
        """Delete every generation, including the serving one."""
        ...

    def release(self, generation: str) -> None:
        """Let another process write this generation."""
        ...

    def ping(self) -> None:
        """Raise the error that a search would raise; do nothing if searches work."""
        ...

    def close(self) -> None:
        """Close connections and files, and release locks."""
        ...
