"""The lists of recommendations for a shopper, in registered versions and in rows of an earlier release."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q

from analytics_pipeline.tombstones import tombstone
from backend.accounts.shopper_keys import ShopperKeys, shopper_keys_of
from backend.api.personal_data import PersonalRows, PersonalTables, Row
from backend.engines.streams import stream
from backend.recommendations import pointer
from backend.recommendations.errors import ModelFilesUnavailable
from backend.recommendations.files import are_recorded, record_files
from backend.recommendations.models import Audience, ModelVersion, ProductRecommendation, Publication
from ml.registry import SHOPPERS, Registry, VersionDamaged, VersionsDamaged
from ml.settings import TrainingSettings

if TYPE_CHECKING:
    from ml.registry import Version


logger = structlog.get_logger(__name__)


def _for_keys(keys: Collection[UUID]) -> Q:
    return Q(audience=Audience.USER, subject__in=[str(key) for key in keys])


@dataclass(frozen=True, slots=True)
class PublishedLists(PersonalTables):
    """The lists in rows, and those in the files of published versions."""

    def export(self, user_id: int) -> Iterator[tuple[str, Iterable[Row]]]:
        """Yield the name and the rows of each section.

        Raises:
            ModelFilesUnavailable: this host can't read the files.
        """
        for section, rows in PersonalTables.export(self, user_id):
            yield section, chain(rows, _in_files(user_id))


PERSONAL_DATA = PublishedLists(
    "recommendations",
    [
        PersonalRows(
            section="recommendations",
            model=ProductRecommendation,
            owner=lambda user_id: _for_keys(shopper_keys_of(user_id).all),
            exported=["version__version", "subject", "algorithm", "entries"],
            withheld=["id", "version", "audience", "lists", "bytes", "sha256"],
        )
    ],
)


def _in_files(user_id: int) -> Iterator[Row]:
    keys = [str(key) for key in shopper_keys_of(user_id).all]
    files = ProductRecommendation.objects.filter(audience=Audience.USER, sha256__isnull=False)
    versions = list(files.values_list("version__version", flat=True).distinct().order_by("version__version"))
    if not versions:
        return
    registry = _registry()
    if not registry.root.is_dir():
        raise ModelFilesUnavailable(engine="models", remedy=f"Mount the models at {registry.root}.")
    try:
        for name in sorted({*versions} & {*registry.versions()}):
            yield from registry.read(name, lambda version: list(_of_version(version, keys)))
    except VersionDamaged as error:
        raise ModelFilesUnavailable(engine="models", remedy=f"Restore or delete: {error}") from error


def _of_version(version: "Version", keys: Collection[str]) -> Iterator[Row]:
    for name in version.list_names:
        if name.startswith(SHOPPERS):
            lists = version.mapped_lists(name)
            for key in keys:
                if (place := lists.place(key)) is not None:
                    yield {
                        "version__version": version.id,
                        "subject": key,
                        "algorithm": name.removeprefix(SHOPPERS),
                        "entries": [list(entry) for entry in lists.at(place)],
                    }


def _registry() -> Registry:
    return Registry(TrainingSettings.from_env().registry)


class ModelStore:
    """The registry of models, and the lists that an earlier release loaded from it."""

    name = "recommendations"

    def erase(self, keys: ShopperKeys, *, now: datetime) -> None:
        """Delete the shopper's lists; processes open the reduced files within seconds.

        Raises:
            VersionsDamaged: files of versions can't be read; the shopper was erased from everything else.
        """
        erased, registry = {str(key) for key in keys.all}, _registry()
        try:
            registry.forget(lambda subject: subject in erased, on_change=_still_passes)
        finally:
            ProductRecommendation.objects.filter(_for_keys(keys.all)).delete()
            open_changed_files(registry)


def forget_erased_shoppers(registry: Registry) -> None:
    """Remove erased shoppers from versions whose training began before the erasure, also if they serve.

    Versions whose files can't be read are logged: they can't be published either.

    Raises:
        StreamUnavailable: the tombstones can't be read.
    """
    erased = stream().erased()
    if not erased:
        return
    found: set[UUID] = set()

    def is_erased(subject: str) -> bool:
        try:
            key = UUID(subject)
        except ValueError:
            # Not a key of a shopper.
            return False
        if tombstone(key) not in erased:
            return False
        found.add(key)
        return True

    try:
        registry.forget(is_erased, on_change=_still_passes)
    except VersionsDamaged as error:
        logger.warning("erased_shoppers_not_forgotten", versions=error.versions, reason=str(error))
    finally:
        ProductRecommendation.objects.filter(_for_keys(found)).delete()
        open_changed_files(registry)


def open_changed_files(registry: Registry) -> None:
    """Record the files of published versions that an erasure replaced, and let processes open them.

    What is recorded is compared with the manifests, so that an erasure that was killed before is completed
    when it is repeated.
    """
    with transaction.atomic():
        pointer.locked()
        changed = [one for one in _loaded(registry) if not are_recorded(*one)]
        for row, version in changed:
            record_files(row, version)
        if changed:
            pointer.reopen()


def _loaded(registry: Registry) -> Iterator[tuple[ModelVersion, "Version"]]:
    registered = set(registry.versions())
    for row in ModelVersion.objects.filter(version__in=registered, loaded_at__isnull=False):
        try:
            version = registry.load(row.version)
        except VersionDamaged:
            # The erasure reports it.
            continue
        if version.is_mapped:
            yield row, version


def _still_passes(before: "Version", after: "Version") -> None:
    """Record the manifest that an erasure left, so that gates that let the version pass still do.

    If the process is killed before, they are asked again.
    """
    published = Publication.objects.filter(version=before.id, manifest_sha256=before.manifest_sha256)
    published.update(manifest_sha256=after.manifest_sha256)
