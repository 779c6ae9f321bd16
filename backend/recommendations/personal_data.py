"""The lists of recommendations for a shopper, in the database and in registered versions."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from analytics_pipeline.tombstones import tombstone
from backend.accounts.shopper_keys import ShopperKeys, shopper_keys_of
from backend.api.personal_data import PersonalRows, PersonalTables
from backend.engines.streams import stream
from backend.recommendations.models import Audience, ProductRecommendation, Publication
from ml.settings import TrainingSettings

if TYPE_CHECKING:
    from ml.registry import Registry, Version


def _for_keys(keys: Collection[UUID]) -> Q:
    return Q(audience=Audience.USER, subject__in=[str(key) for key in keys])


PERSONAL_DATA = PersonalTables(
    "recommendations",
    [
        PersonalRows(
            section="recommendations",
            model=ProductRecommendation,
            owner=lambda user_id: _for_keys(shopper_keys_of(user_id).all),
            exported=["version__version", "subject", "algorithm", "entries"],
            withheld=["id", "version", "audience"],
        )
    ],
)


class ModelStore:
    """The registry of models, and the lists that were loaded from it."""

    name = "recommendations"

    def erase(self, keys: ShopperKeys, *, now: datetime) -> None:
        """Delete the shopper's lists, from the registry first, because the database is loaded from it.

        Raises:
            VersionsDamaged: files of versions can't be read; the shopper was erased from everything else.
        """
        # Imports numpy, and every process registers this store.
        from ml.registry import Registry  # noqa: PLC0415

        erased = {str(key) for key in keys.all}
        registry = Registry(TrainingSettings.from_env().registry)
        try:
            registry.forget(lambda subject: subject in erased, on_change=_still_passes)
        finally:
            ProductRecommendation.objects.filter(_for_keys(keys.all)).delete()


def forget_erased_shoppers(registry: "Registry") -> None:
    """Remove erased shoppers from a version whose training began before the erasure, also if it is loaded.

    Raises:
        StreamUnavailable: the tombstones can't be read.
        VersionsDamaged: files of versions can't be read; all others were changed.
    """
    erased = stream().erased()
    if not erased:
        return
    found: set[UUID] = set()

    def is_erased(subject: str) -> bool:
        if tombstone(key := UUID(subject)) not in erased:
            return False
        found.add(key)
        return True

    try:
        registry.forget(is_erased, on_change=_still_passes)
    finally:
        ProductRecommendation.objects.filter(_for_keys(found)).delete()


def _still_passes(before: "Version", after: "Version") -> None:
    """Record the manifest that an erasure left, so that gates that let the version pass still do.

    If the process is killed before, they are asked again.
    """
    published = Publication.objects.filter(version=before.id, manifest_sha256=before.manifest_sha256)
    published.update(manifest_sha256=after.manifest_sha256)
