"""Publish and roll back model versions.

The lists of a version are loaded beside those of the serving one, each chunk in its own transaction; then one
short transaction switches the serving version. A version never changes, so loading it again after a crash
only adds what is missing.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, QuerySet

from backend.audit.actors import Actor
from backend.audit.services import Changes, record
from backend.recommendations.errors import NothingToPublish, NothingToRollBackTo
from backend.recommendations.models import Audience, ModelVersion, ProductRecommendation
from backend.recommendations.publications import Question, add_publication, checked_reason
from ml.lists import NO_PRODUCT, Lists
from ml.registry import Registry, Version

logger = structlog.get_logger(__name__)

CHUNK = 1_000
KEPT_VERSIONS = 3
SCORE_DIGITS = 6


def publish(
    version: str | None, *, registry: Registry, by: Actor, now: datetime, forced_because: str | None = None
) -> ModelVersion:
    """Load the version (by default the newest that is not a back-test), serve it and return it.

    As after a rollback, a version that was named stays until an operator publishes again. With
    `forced_because`, a version that is refused by a gate is published, and the gates and the reason are
    recorded.

    Raises:
        NothingToPublish: no version is registered.
        VersionNotPublishable: a gate refuses the version.
        OlderThanServing: no version was named, and the newest is older than what serves.
        ReasonMissing: `forced_because` is blank.
        InvalidInput: `forced_because` is too long.
        ml.registry.VersionNotFound: `version` is not registered.
        ml.registry.VersionDamaged: its files were changed after training; nothing is published.
    """
    ask = Question(registry=registry, is_named=version is not None, forced=checked_reason(forced_because))
    found = _newest(registry) if version is None else registry.load(version)
    if found is None:
        raise NothingToPublish
    # Checked before its lists are loaded, and again when no other publication can intervene.
    ask.refusals(found, serving=_serving())
    row = load(found, registry=registry, now=now)
    with transaction.atomic():
        _locked()
        _switch(row, ask=ask, by=by, now=now)
    forget_old_versions()
    return row


def publish_unless_paused(*, registry: Registry, by: Actor, now: datetime) -> ModelVersion:
    """Publish the newest version unless an operator chose a version; return the version that serves.

    Raises:
        NothingToPublish: no version is registered.
        VersionNotPublishable: a gate refuses the version.
        OlderThanServing: the newest version that can be read is older than what serves.
        ml.registry.VersionDamaged: its files were changed after training; nothing is published.
    """
    if (chosen := _chosen(ModelVersion.objects.all())) is not None:
        return chosen
    ask = Question(registry=registry, is_named=False, forced="")
    newest = _newest(registry)
    if newest is None:
        raise NothingToPublish
    ask.refusals(newest, serving=_serving())
    row = load(newest, registry=registry, now=now)
    with transaction.atomic():
        # Read again under the lock, because an operator may have rolled back while the lists were loaded.
        if (chosen := _chosen(_locked())) is not None:
            return chosen
        _switch(row, ask=ask, by=by, now=now)
    forget_old_versions()
    return row


def _newest(registry: Registry) -> Version | None:
    """Return the newest version that can be read and is not a back-test; log those that can't be read.

    Raises:
        ml.registry.VersionDamaged: there are versions, but none can be read.
    """
    found, damaged = registry.latest(), registry.damaged()
    for error in damaged:
        logger.warning("damaged_version_skipped", version=error.version, reason=str(error))
    if found is None and damaged:
        raise damaged[-1]
    return found


def _serving() -> ModelVersion | None:
    return ModelVersion.objects.filter(is_serving=True).first()


def _switch(row: ModelVersion, *, ask: Question, by: Actor, now: datetime) -> None:
    before = _serving()
    # Loaded again, because an erasure may have reduced it meanwhile.
    version = ask.registry.load(row.version)
    overridden = [str(one.gate) for one in ask.refusals(version, serving=before)]
    row.published_at = now
    _point_to(row, pauses=ask.is_named)
    serving = (before.version if before else None, row.version)
    changes: Changes = {"serving": serving}
    if overridden:
        changes = {"serving": serving, "overridden": (None, overridden), "reason": (None, ask.forced)}
    record("recommendations.published", by=by, subject=row, changes=changes)
    add_publication(version, overridden=overridden, reason=ask.forced, by=by, now=now)


def load(version: Version, *, registry: Registry, now: datetime) -> ModelVersion:
    """Copy the version's lists into the database unless they are loaded already.

    Raises:
        ml.registry.VersionDamaged: its files were changed after training; it is not loaded.
    """
    row, _ = ModelVersion.objects.get_or_create(
        version=version.id, defaults={"made_by": _made_by(version), "metrics": _metrics(version)}
    )
    if row.loaded_at is None:
        # All files are read before the first row is written, so that a damaged file changes nothing.
        lists = {name: version.lists(name) for name in version.list_names}
        rows = _rows(row, lists)
        while chunk := list(islice(rows, CHUNK)):
            ProductRecommendation.objects.bulk_create(chunk, ignore_conflicts=True)
        _delete_erased(row, registry=registry)
        row.loaded_at = now
        row.save(update_fields=["loaded_at"])
    return row


def _delete_erased(row: ModelVersion, *, registry: Registry) -> None:
    """Delete the lists of shoppers who were erased while the version was loaded.

    An erasure changes the registry first and then deletes rows, so either it deletes those that were loaded
    meanwhile, or the registry that is read here doesn't have the shopper any more.
    """
    version = registry.load(row.version)
    names = [name for name in version.list_names if name.startswith(f"{Audience.USER}.")]
    present = {str(subject) for name in names for subject in version.lists(name).subjects.tolist()}
    loaded = ProductRecommendation.objects.filter(version=row, audience=Audience.USER)
    subjects = loaded.values_list("subject", flat=True).distinct().iterator(chunk_size=CHUNK)
    if erased := [subject for subject in subjects if subject not in present]:
        loaded.filter(subject__in=erased).delete()


def rollback(*, by: Actor, now: datetime) -> ModelVersion:
    """Serve the previously published version until an operator publishes another one, and return it.

    Rolling back twice goes back two versions. Later rollbacks skip a version that was rolled back, but it may
    be published again.

    Raises:
        NothingToRollBackTo: there is no earlier version, or its lists were deleted.
    """
    with transaction.atomic():
        present = _locked().filter(is_serving=True).first()
        earlier = ModelVersion.objects.filter(published_at__isnull=False, loaded_at__isnull=False)
        if present is not None:
            earlier = earlier.filter(published_at__lt=present.published_at)
        target = earlier.order_by("-published_at").first()
        if target is None:
            raise NothingToRollBackTo
        # `published_at` is unchanged, so that the next rollback goes further back.
        _point_to(target, pauses=True)
        if present is not None:
            ModelVersion.objects.filter(pk=present.pk).update(published_at=None)
        serving = (present.version if present else None, target.version)
        record("recommendations.rolled_back", by=by, subject=target, changes={"serving": serving})
    return target


def forget_old_versions() -> int:
    """Delete all but the serving and the newest published versions; return how many were deleted."""
    newest_first = ModelVersion.objects.order_by(
        "-is_serving", F("published_at").desc(nulls_last=True), "-version"
    )
    old = list(newest_first.values_list("pk", flat=True)[KEPT_VERSIONS:])
    for pk in old:
        # Marked as not loaded first, so that no rollback selects a partly deleted version after a crash.
        ModelVersion.objects.filter(pk=pk, is_serving=False).update(loaded_at=None)
        lists = ProductRecommendation.objects.filter(version=pk, version__loaded_at=None)
        while chunk := list(lists.values_list("pk", flat=True)[:CHUNK]):
            ProductRecommendation.objects.filter(pk__in=chunk).delete()
        ModelVersion.objects.filter(pk=pk, loaded_at=None).delete()
    return len(old)


def _chosen(versions: QuerySet[ModelVersion]) -> ModelVersion | None:
    """Return the serving version if an operator chose it."""
    return versions.filter(is_serving=True, pauses_publishing=True).first()


def _locked() -> QuerySet[ModelVersion]:
    """Return all versions, locked until the transaction ends, which serialises publications."""
    list(ModelVersion.objects.select_for_update().order_by("pk").values_list("pk"))
    return ModelVersion.objects.all()


def _point_to(row: ModelVersion, *, pauses: bool) -> None:
    others = ModelVersion.objects.filter(is_serving=True).exclude(pk=row.pk)
    others.update(is_serving=False, pauses_publishing=False)
    row.is_serving, row.pauses_publishing = True, pauses
    row.save(update_fields=["is_serving", "published_at", "pauses_publishing"])


def _rows(row: ModelVersion, lists: dict[str, Lists]) -> Iterator[ProductRecommendation]:
    for name, arrays in lists.items():
        audience, algorithm = name.split(".")
        for subject, entries in _entries(arrays):
            yield ProductRecommendation(
                version=row, audience=audience, subject=subject, algorithm=algorithm, entries=entries
            )


def _entries(lists: Lists) -> Iterator[tuple[str, list[list[Any]]]]:
    columns = (lists.products.tolist(), lists.scores.tolist(), lists.because.tolist())
    for subject, *row in zip(lists.subjects.tolist(), *columns, strict=True):
        entries = [
            [product, round(score, SCORE_DIGITS), because if because != NO_PRODUCT else None]
            for product, score, because in zip(*row, strict=True)
            if product != NO_PRODUCT
        ]
        yield str(subject), entries


def _made_by(version: Version) -> dict[str, str]:
    return {name: entry["model"] for name, entry in version.manifest["lists"].items()}


def _metrics(version: Version) -> dict[str, Any]:
    if (tested := version.manifest.get("tested", {}).get("collaborative")) is not None:
        return _metrics_of(tested)
    # Manifests of earlier releases have only the metrics by which recipes were chosen.
    chosen = version.manifest["chosen"]["collaborative"]
    measured = version.manifest["measured"]
    return next((_metrics_of(one) for one in measured if _same_recipe(one, chosen)), {})


def _same_recipe(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[key] == other[key] for key in ("name", "parameters", "half_life_days"))


def _metrics_of(measurement: dict[str, Any]) -> dict[str, Any]:
    # Manifests that were written before 0.2 have the key "marks".
    found: dict[str, Any] = measurement["metrics" if "metrics" in measurement else "marks"]
    return found
