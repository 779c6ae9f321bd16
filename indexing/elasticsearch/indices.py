"""Generations as indices, with an alias for the serving one.

PREFIX-products                 alias of the serving index
PREFIX-products-standby         alias of the one that served before
PREFIX-products-TIME-RANDOM     an index; its `_meta` holds its schema version, language and time
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from elasticsearch import Elasticsearch, NotFoundError

from indexing.analysis import DEFAULT_LANGUAGE
from indexing.elasticsearch.client import MANAGEMENT_SECONDS, NAME, Deadline
from indexing.elasticsearch.mapping import REFRESH_INTERVAL, definition
from indexing.encoder.identity import EncoderIdentity
from indexing.engine import Generation, Role
from indexing.errors import GenerationNotFound, IndexMissing
from indexing.schema import VERSION

TEMPLATE_PRIORITY = 500
"""Higher than a cluster's built-in templates; no other template matches these names."""
REFRESH_INTERVAL_OF_BUILD = "10s"
"""Nothing is searched before the swap, which refreshes."""
UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def copies(*, shards: int, replicas: int | None) -> dict[str, Any]:
    """Return the settings of a new index for its shards and replicas; None is one with a second node."""
    if replicas is None:
        return {"number_of_shards": shards, "auto_expand_replicas": "0-1"}
    return {"number_of_shards": shards, "number_of_replicas": replicas}


class Indices:
    """The indices of all generations of one shop."""

    def __init__(
        self,
        client: Elasticsearch,
        *,
        prefix: str,
        language: str = DEFAULT_LANGUAGE,
        shards: int = 1,
        replicas: int | None = None,
    ) -> None:
        """Manage the indices whose names begin with `prefix`.

        New ones are in `language` and get these shards and replicas.
        """
        self._language = language
        self._client = client
        self._managing = client.options(request_timeout=MANAGEMENT_SECONDS)
        self.serving = f"{prefix}-products"
        self.standby = f"{prefix}-products-standby"
        self._pattern = f"{prefix}-products-2*"
        self._copies = copies(shards=shards, replicas=replicas)

    def generations(self) -> tuple[Generation, ...]:
        """Return all generations, oldest first."""
        found = self._client.indices.get(
            index=self._pattern, expand_wildcards="open", features=["aliases", "mappings"]
        )
        generations = [self._generation(name, index) for name, index in found.body.items()]
        return tuple(sorted(generations, key=lambda generation: (generation.created_at, generation.name)))

    def generation(self, name: str) -> Generation:
        """Return the generation `name`.

        Raises:
            GenerationNotFound: there is none.
        """
        try:
            found = self._client.indices.get(index=name, features=["aliases", "mappings"])
        except NotFoundError as error:
            raise GenerationNotFound(name) from error
        return self._generation(name, found.body[name])

    def serving_generation(self, deadline: Deadline) -> Generation:
        """Return the serving generation.

        Raises:
            IndexMissing: there is none.
        """
        try:
            found = deadline.on(self._client).indices.get(
                index=self.serving, features=["aliases", "mappings"]
            )
        except NotFoundError as error:
            raise IndexMissing(NAME) from error
        name, index = next(iter(found.body.items()))
        return self._generation(name, index)

    def _generation(self, name: str, index: Mapping[str, Any]) -> Generation:
        roles = {self.serving: Role.SERVING, self.standby: Role.STANDBY}
        role = next((roles[alias] for alias in index["aliases"] if alias in roles), Role.BUILDING)
        meta = index["mappings"].get("_meta", {})
        created_at = meta.get("created_at")
        return Generation(
            name,
            role,
            UNKNOWN_TIME if created_at is None else datetime.fromisoformat(created_at),
            meta.get("version"),
            meta.get("language", DEFAULT_LANGUAGE),
            EncoderIdentity.of(meta.get("encoder")),
            tuple(meta.get("collapses", ())),
        )

    def create(
        self,
        *,
        now: datetime,
        encoder: EncoderIdentity | None = None,
        collapses: tuple[str, ...] = (),
    ) -> Generation:
        """Create an empty index, with vectors if there is an encoder, and with groups by these attributes."""
        self._forbid_automatic_creation()
        name = f"{self.serving}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        described = definition(created_at=now, language=self._language, encoder=encoder, collapses=collapses)
        described["settings"] |= self._copies | {"refresh_interval": REFRESH_INTERVAL_OF_BUILD}
        self._managing.indices.create(index=name, **described)
        return Generation(name, Role.BUILDING, now, VERSION, self._language, encoder, collapses)

    def destroy(self) -> None:
        """Delete every index."""
        for generation in self.generations():
            self._managing.indices.delete(index=generation.name)
        self._managing.options(ignore_status=404).indices.delete_index_template(name=self.serving)

    def _forbid_automatic_creation(self) -> None:
        """Make writes to a dropped index fail instead of creating the index again without its mapping."""
        self._managing.indices.put_index_template(
            name=self.serving,
            index_patterns=[self._pattern],
            allow_auto_create=False,
            priority=TEMPLATE_PRIORITY,
        )

    def require(self, generation: str) -> None:
        """Check that the generation exists.

        Raises:
            GenerationNotFound: there is none.
        """
        if not self._client.indices.exists(index=generation):
            raise GenerationNotFound(generation)

    def swap(self, generation: str) -> None:
        """Refresh this generation and make it the serving one; the former one becomes the standby."""
        self.require(generation)
        self._managing.indices.put_settings(index=generation, settings={"refresh_interval": REFRESH_INTERVAL})
        self._managing.indices.refresh(index=generation)
        served = self._holder(self.serving)
        if served == generation:
            return
        actions = [{"add": {"index": generation, "alias": self.serving}}]
        if standby := self._holder(self.standby):
            actions.append({"remove": {"index": standby, "alias": self.standby}})
        if served:
            actions.append({"remove": {"index": served, "alias": self.serving}})
            actions.append({"add": {"index": served, "alias": self.standby}})
        self._managing.indices.update_aliases(actions=actions)

    def drop(self, generation: str) -> None:
        """Delete a generation that is not the serving one."""
        self.require(generation)
        if self._holder(self.serving) == generation:
            raise ValueError(f"{generation} serves and cannot be dropped")
        self._managing.indices.delete(index=generation)

    def _holder(self, alias: str) -> str | None:
        try:
            found = self._client.indices.get_alias(name=alias)
        except NotFoundError:
            return None
        return next(iter(found.body), None)
