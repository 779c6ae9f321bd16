"""Generations as indices, and the aliases that say which one serves.

PREFIX-products                 alias of the index that serves
PREFIX-products-standby         alias of the one that served before
PREFIX-products-TIME-RANDOM     an index, with an alias of its own for writing
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from elasticsearch import Elasticsearch, NotFoundError

from indexing.elasticsearch.mapping import VERSION, definition
from indexing.engine import Generation, GenerationNotFound, IndexCorrupt, IndexMissing, Role

TEMPLATE_PRIORITY = 500
"""Above what clusters bring along; no other template means these names."""


class Indices:
    """The indices of all generations of one shop."""

    def __init__(self, client: Elasticsearch, *, prefix: str) -> None:
        """Manage the indices whose names begin with `prefix`."""
        self._client = client
        self.serving = f"{prefix}-products"
        self.standby = f"{prefix}-products-standby"
        self._pattern = f"{prefix}-products-2*"

    def generations(self) -> tuple[Generation, ...]:
        """Return all generations, oldest first."""
        found = self._client.indices.get(
            index=self._pattern, expand_wildcards="open", features=["aliases", "mappings"]
        )
        generations = [self._generation(name, index) for name, index in found.body.items()]
        return tuple(sorted(generations, key=lambda generation: (generation.created_at, generation.name)))

    def _generation(self, name: str, index: Mapping[str, Any]) -> Generation:
        roles = {self.serving: Role.SERVING, self.standby: Role.STANDBY}
        role = next((roles[alias] for alias in index["aliases"] if alias in roles), Role.BUILDING)
        created_at = index["mappings"].get("_meta", {}).get("created_at")
        if created_at is None:
            raise IndexCorrupt(name, "it does not say when it was created")
        return Generation(name, role, datetime.fromisoformat(created_at))

    def create(self, *, now: datetime) -> Generation:
        """Create an empty index."""
        self._forbid_accidental_indices()
        name = f"{self.serving}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        self._client.indices.create(index=name, **definition(name, created_at=now))
        return Generation(name, Role.BUILDING, now)

    def destroy(self) -> None:
        """Delete every index."""
        for generation in self.generations():
            self._client.indices.delete(index=generation.name)
        self._client.options(ignore_status=404).indices.delete_index_template(name=self.serving)

    def _forbid_accidental_indices(self) -> None:
        """Let a write to an index that was dropped fail; it would bring the index back, without a mapping."""
        self._client.indices.put_index_template(
            name=self.serving,
            index_patterns=[self._pattern],
            allow_auto_create=False,
            priority=TEMPLATE_PRIORITY,
        )

    def require(self, generation: str) -> None:
        """Return if there is such a generation. Raises GenerationNotFound."""
        if not self._client.indices.exists(index=generation):
            raise GenerationNotFound(generation)

    def require_version(self) -> None:
        """Return if the index that serves has the fields of this program.

        Raises IndexMissing, IndexCorrupt.
        """
        try:
            found = self._client.indices.get_mapping(index=self.serving)
        except NotFoundError as error:
            raise IndexMissing("elasticsearch") from error
        for name, index in found.body.items():
            version = index["mappings"].get("_meta", {}).get("version")
            if version != VERSION:
                raise IndexCorrupt(name, f"it has fields of version {version}, this program writes {VERSION}")

    def swap(self, generation: str) -> None:
        """Let this generation serve with all that was written to it; the one that served is the standby."""
        self.require(generation)
        self._client.indices.refresh(index=generation)
        served = self._holder(self.serving)
        if served == generation:
            return
        actions = [{"add": {"index": generation, "alias": self.serving}}]
        if resting := self._holder(self.standby):
            actions.append({"remove": {"index": resting, "alias": self.standby}})
        if served:
            actions.append({"remove": {"index": served, "alias": self.serving}})
            actions.append({"add": {"index": served, "alias": self.standby}})
        self._client.indices.update_aliases(actions=actions)

    def drop(self, generation: str) -> None:
        """Delete a generation that does not serve."""
        self.require(generation)
        if self._holder(self.serving) == generation:
            raise ValueError(f"{generation} serves and cannot be dropped")
        self._client.indices.delete(index=generation)

    def _holder(self, alias: str) -> str | None:
        try:
            found = self._client.indices.get_alias(name=alias)
        except NotFoundError:
            return None
        return next(iter(found.body), None)
