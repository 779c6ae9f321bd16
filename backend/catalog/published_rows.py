"""Rows whose changes are published through the outbox, also by bulk writes, in the same transaction.

`objects` publishes what `update`, `bulk_update`, `bulk_create` and `delete` change, so that no command or
shell can leave the search index out of date. Code that publishes once for several writes, or writes what no
document contains, uses `unpublished`.
"""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar, TypeVar

from django.db import models, transaction

from backend.outbox.services import publish_many
from backend.outbox.topics import Topic

Row = TypeVar("Row", bound="PublishedModel")


class PublishingQuerySet(models.QuerySet[Row]):
    """Publishes the rows that its writes change."""

    def update(self, **values: Any) -> int:
        """Update the rows, and publish them."""
        with transaction.atomic():
            keys = self._keys()
            updated = super().update(**values)
            self._publish(keys)
        return updated

    def bulk_update(self, objs: Iterable[Row], fields: Iterable[str], batch_size: int | None = None) -> int:
        """Write `fields` of the objects, and publish them."""
        rows = list(objs)
        with transaction.atomic():
            # It calls `update` of this class for each batch, which would read the keys again.
            updated = self.model.unpublished.bulk_update(rows, fields, batch_size)
            self._publish([row.published_key for row in rows])
        return updated

    def bulk_create(self, objs: Iterable[Row], *arguments: Any, **options: Any) -> list[Row]:
        """Insert the objects, and publish them."""
        with transaction.atomic():
            made = super().bulk_create(objs, *arguments, **options)
            if self.model.publishes_new:
                self._publish([row.published_key for row in made])
        return made

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows, and publish them."""
        with transaction.atomic():
            keys = self._keys()
            deleted = super().delete()
            self._publish(keys)
        return deleted

    def _keys(self) -> list[int]:
        return list(self.order_by().values_list(self.model.published_column, flat=True))

    def _publish(self, keys: Collection[int]) -> None:
        publish_many(self.model.topic, sorted(set(keys)))


class PublishedModel(models.Model):
    """A row that is published when it is saved or deleted."""

    topic: ClassVar[Topic]
    published_column: ClassVar[str] = "pk"
    """The column that is the key of the messages."""
    publishes_new: ClassVar[bool] = True
    """Whether a new row is published; no document contains a new category."""

    unpublished: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        abstract = True

    def save(self, *arguments: Any, **options: Any) -> None:
        """Save the row, and publish it."""
        published = self.publishes_new or not self._state.adding
        with transaction.atomic():
            super().save(*arguments, **options)
            if published:
                publish_many(self.topic, [self.published_key])

    def delete(self, *arguments: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Delete the row, and publish it."""
        key = self.published_key
        with transaction.atomic():
            deleted = super().delete(*arguments, **options)
            publish_many(self.topic, [key])
        return deleted

    @property
    def published_key(self) -> int:
        """The key of the row's messages."""
        key: int = getattr(self, self.published_column)
        return key
