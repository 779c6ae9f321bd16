"""The lexicons of all generations in one small index, in parts.

PREFIX-lexicons
  GENERATION                 the head: revision, number of parts, checksum
  GENERATION/REVISION/N      part N of the file
"""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from elasticsearch import Elasticsearch, NotFoundError

from indexing.elasticsearch.client import BATCH_SECONDS, WRITE_SECONDS, translated_errors
from indexing.lexicon.errors import LexiconDamaged
from indexing.lexicon.lexicon import Lexicon

PART_BYTES = 4_000_000
"""A request with one part is far below the cluster's limit of 100 MB."""
ALREADY_EXISTS = 400

MAPPINGS: dict[str, Any] = {
    "dynamic": "strict",
    "properties": {
        "revision": {"type": "keyword", "index": False, "doc_values": False},
        "parts": {"type": "long", "index": False, "doc_values": False},
        "checksum": {"type": "long", "index": False, "doc_values": False},
        "content": {"type": "binary"},
    },
}
SETTINGS: dict[str, Any] = {"number_of_shards": 1, "auto_expand_replicas": "0-1"}

Head = Mapping[str, Any]


class LexiconIndex:
    """Stores lexicons in an index of their own."""

    def __init__(self, client: Elasticsearch, *, prefix: str) -> None:
        """Use the index of this prefix, which is created with the first lexicon."""
        self._reading = client.options(request_timeout=BATCH_SECONDS)
        self._writing = client.options(request_timeout=WRITE_SECONDS)
        self._index = f"{prefix}-lexicons"

    def save(self, generation: str, content: bytes) -> None:
        """Store all parts, then the head, which makes them current; delete the former parts."""
        self._writing.options(ignore_status=ALREADY_EXISTS).indices.create(
            index=self._index, mappings=MAPPINGS, settings=SETTINGS
        )
        former = self._head(generation)
        parts = [content[start : start + PART_BYTES] for start in range(0, len(content), PART_BYTES)]
        head = {"revision": secrets.token_hex(8), "parts": len(parts), "checksum": crc32(content)}
        for name, part in zip(_parts(generation, head), parts, strict=True):
            self._writing.index(index=self._index, id=name, document={"content": b64encode(part).decode()})
        self._writing.index(index=self._index, id=generation, document=head)
        if former:
            self._delete(_parts(generation, former))

    def delete(self, generation: str) -> None:
        """Delete the lexicon of a generation that is dropped."""
        if head := self._head(generation):
            self._delete([generation, *_parts(generation, head)])

    def destroy(self) -> None:
        """Delete the index."""
        self._writing.options(ignore_status=404).indices.delete(index=self._index)

    def revision(self, generation: str) -> object | None:
        """Return the revision of the stored lexicon; None if there is none."""
        with translated_errors(generation):
            head = self._head(generation)
        return head["revision"] if head else None

    def load(self, generation: str) -> Lexicon:
        """Return the stored lexicon.

        Raises:
            LexiconDamaged: a part is missing or damaged, for example because it is being replaced.
        """
        with translated_errors(generation):
            head = self._head(generation)
            if head is None:
                raise LexiconDamaged("it is missing")
            found = [self._part(name) for name in _parts(generation, head)]
        content = b"".join(found)
        if crc32(content) != head["checksum"]:
            raise LexiconDamaged("its checksum differs")
        return Lexicon(content)

    def _part(self, name: str) -> bytes:
        try:
            return b64decode(self._reading.get(index=self._index, id=name)["_source"]["content"])
        except NotFoundError as error:
            raise LexiconDamaged(f"part {name} is missing") from error

    def _head(self, generation: str) -> Head | None:
        try:
            head: Head = self._reading.get(index=self._index, id=generation)["_source"]
        except NotFoundError:
            return None
        return head

    def _delete(self, names: list[str]) -> None:
        self._writing.bulk(index=self._index, operations=[{"delete": {"_id": name}} for name in names])


def _parts(generation: str, head: Head) -> list[str]:
    return [f"{generation}/{head['revision']}/{number}" for number in range(head["parts"])]
