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
from backend.recommendations.models import Audience, ProductRecommendation
from ml.settings import TrainingSettings

if TYPE_CHECKING:
    from ml.registry import Registry


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
            VersionDamaged: a version can't be read.
        """
        # Imports numpy, and every process registers this store.
        from ml.registry import Registry  # noqa: PLC0415

        erased = {str(key) for key in keys.all}
        Registry(TrainingSettings.from_env().registry).forget(lambda subject: subject in erased)
        ProductRecommendation.objects.filter(_for_keys(keys.all)).delete()


def forget_erased_shoppers(registry: "Registry") -> None:
    """Remove erased shoppers from a version whose training began before the erasure.

    Raises:
        StreamUnavailable: the tombstones can't be read.
        VersionDamaged: a version can't be read.
    """
    if erased := stream().erased():
        registry.forget(lambda subject: tombstone(UUID(subject)) in erased)
