"""Publish, roll back and pin model versions.

Publishing verifies all files of a version. Then one short transaction moves the pointer, and each process
opens the version within a second. A publication refers to the one that it replaced, which is the way back of
rollbacks.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from backend.audit.actors import Actor
from backend.audit.services import record
from backend.recommendations import pointer
from backend.recommendations.errors import (
    NothingServes,
    NothingToPublish,
    NothingToRollBackTo,
    VersionNotPublishable,
)
from backend.recommendations.files import record_files
from backend.recommendations.models import ModelVersion, ProductRecommendation, Publication, ServingPointer
from backend.recommendations.personal_data import forget_erased_shoppers
from backend.recommendations.pointer import Pin
from backend.recommendations.publications import Question, add_publication, checked_reason
from ml.registry import Registry, Version, VersionDamaged, VersionNotFound

logger = structlog.get_logger(__name__)

CHUNK = 1_000
KEPT_VERSIONS = 3
NAMED, ROLLED_BACK = "it was published by its name", "it was rolled back to"
"""The reasons of pins without one of an operator."""


def publish(
    version: str | None, *, registry: Registry, by: Actor, now: datetime, forced_because: str | None = None
) -> ModelVersion:
    """Verify the version (by default the newest that is not a back-test), serve it and return it.

    A version that was named is pinned: scheduled training publishes nothing until `unpin`, or until a version
    is published without a name. With `forced_because`, a version that is refused by a gate is published, and
    the gates and the reason are recorded.

    Raises:
        NothingToPublish: no version is registered.
        VersionNotPublishable: a gate refuses the version, or an earlier release wrote it.
        OlderThanServing: no version was named, and the newest is older than what serves.
        ReasonMissing: `forced_because` is blank.
        InvalidInput: `forced_because` is too long.
        StreamUnavailable: it can't be read who was erased since the version was trained.
        ml.registry.VersionNotFound: `version` is not registered.
        ml.registry.VersionDamaged: its files were changed after training; nothing is published.
    """
    ask = Question(registry=registry, is_named=version is not None, forced=checked_reason(forced_because))
    forget_erased_shoppers(registry)
    found = _newest(registry) if version is None else registry.load(version)
    if found is None:
        raise NothingToPublish
    # Checked before its files are read, and again when no other publication can intervene.
    ask.refusals(found, serving=pointer.serving())
    row = verified(found, now=now)
    with transaction.atomic():
        _switch(pointer.locked(), row, ask=ask, by=by, now=now)
    forget_old_versions()
    return row


def publish_unless_pinned(*, registry: Registry, by: Actor, now: datetime) -> ModelVersion:
    """Publish the newest version unless what serves is pinned; return the version that serves.

    Raises:
        NothingToPublish: no version is registered.
        VersionNotPublishable: a gate refuses the version, or an earlier release wrote it.
        OlderThanServing: the newest version that can be read is older than what serves.
        StreamUnavailable: it can't be read who was erased since the version was trained.
        ml.registry.VersionDamaged: its files were changed after training; nothing is published.
    """
    forget_erased_shoppers(registry)
    if (pinned := _pinned()) is not None:
        return pinned
    ask = Question(registry=registry, is_named=False, forced="")
    newest = _newest(registry)
    if newest is None:
        raise NothingToPublish
    ask.refusals(newest, serving=pointer.serving())
    row = verified(newest, now=now)
    with transaction.atomic():
        found = pointer.locked()
        # Read again under the lock, because an operator may have rolled back while the files were read.
        if (pinned := _pinned()) is not None:
            return pinned
        _switch(found, row, ask=ask, by=by, now=now)
    forget_old_versions()
    return row


def _pinned() -> ModelVersion | None:
    """Return the version that serves if it is pinned, also by a process of the previous release."""
    return ModelVersion.objects.filter(is_serving=True, pauses_publishing=True).first()


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


def _switch(found: ServingPointer, row: ModelVersion, *, ask: Question, by: Actor, now: datetime) -> None:
    before = pointer.serving()
    # Loaded again, because an erasure may have reduced it meanwhile.
    version = ask.registry.load(row.version)
    overridden = [str(one.gate) for one in ask.refusals(version, serving=before)]
    if version.is_mapped:
        record_files(row, version)
    row.published_at = now
    row.save(update_fields=["published_at"])
    replaced = found.publication
    if replaced is not None and replaced.version == row.version:
        replaced = replaced.replaces
    publication = add_publication(
        version, overridden=overridden, reason=ask.forced, replaces=replaced, by=by, now=now
    )
    pin = Pin(by=by, reason=ask.forced or NAMED, at=now) if ask.is_named else None
    pointer.point_to(found, publication, pin=pin)
    row.refresh_from_db()
    changes: dict[str, tuple[object, object]] = {"serving": (before and before.version, row.version)}
    if overridden:
        changes |= {"overridden": (None, overridden), "reason": (None, ask.forced)}
    record("recommendations.published", by=by, subject=row, changes=changes)


def verified(version: Version, *, now: datetime) -> ModelVersion:
    """Read all files of the version once, and return its row.

    Raises:
        ml.registry.VersionDamaged: a file was changed after training.
        VersionNotPublishable: an earlier release wrote it, and its lists weren't loaded as rows.
    """
    if not version.is_mapped:
        loaded = ModelVersion.objects.filter(version=version.id, loaded_at__isnull=False).first()
        if loaded is None:
            raise VersionNotPublishable(
                f"{version.id} has the files of an earlier release; train again with `python -m ml.train`.",
                gates=[],
            )
        return loaded
    version.verify()
    with transaction.atomic():
        row, _ = ModelVersion.objects.get_or_create(
            version=version.id, defaults={"made_by": _made_by(version), "metrics": _metrics(version)}
        )
        record_files(row, version)
        if row.loaded_at is None:
            row.loaded_at = now
            row.save(update_fields=["loaded_at"])
    return row


def rollback(*, registry: Registry, by: Actor, now: datetime) -> ModelVersion:
    """Serve the version that the present one replaced, pin it and return it.

    Rolling back twice goes back two versions. Versions that were rolled back, or whose files are missing or
    damaged, are skipped; they may be published again.

    Raises:
        NothingToRollBackTo: there is no earlier version whose files can be read.
    """
    damaged, intact = set[str](), ""
    while True:
        with transaction.atomic():
            found = pointer.locked()
            target = _earlier(found, registry, damaged=damaged)
            if target is None:
                raise NothingToRollBackTo
            if target[1].version == intact or not _has_files(target[1]):
                return _rolled_back(found, *target, by=by, now=now)
        # Its files are read without the lock, under which another may have become the target.
        intact = target[1].version
        try:
            registry.read(intact, Version.verify)
        except (VersionDamaged, VersionNotFound) as error:
            logger.warning("not_rolled_back_to", version=intact, reason=str(error))
            damaged.add(intact)


def _rolled_back(
    found: ServingPointer, publication: Publication, row: ModelVersion, *, by: Actor, now: datetime
) -> ModelVersion:
    present = pointer.serving()
    pointer.point_to(found, publication, pin=Pin(by=by, reason=ROLLED_BACK, at=now))
    if present is not None:
        # A rollback by a process of the previous release then skips it.
        ModelVersion.objects.filter(pk=present.pk).update(published_at=None)
    serving = (present and present.version, row.version)
    record("recommendations.rolled_back", by=by, subject=row, changes={"serving": serving})
    row.refresh_from_db()
    return row


def _earlier(
    found: ServingPointer, registry: Registry, *, damaged: Collection[str]
) -> tuple[Publication, ModelVersion] | None:
    """Return the first publication on the way back whose version can serve."""
    registered = set(registry.versions()) - set(damaged)
    for publication in list(pointer.chain(found.publication))[1:]:
        # A version that was rolled back may have an older publication, too.
        usable = ModelVersion.objects.filter(loaded_at__isnull=False, published_at__isnull=False)
        row = usable.filter(version=publication.version).first()
        if row is not None and (row.version in registered or not _has_files(row)):
            return publication, row
    return None


def _has_files(row: ModelVersion) -> bool:
    """Return whether the version's lists are in files, and not in rows of an earlier release."""
    return bool(row.lists.filter(sha256__isnull=False).exists())


def pin(*, reason: str, by: Actor, now: datetime) -> ModelVersion:
    """Let scheduled training publish nothing until `unpin`, and return what serves.

    Raises:
        ReasonMissing: the reason is blank.
        InvalidInput: it is too long.
        NothingServes: nothing was published yet.
    """
    return _set_pin(Pin(by=by, reason=checked_reason(reason), at=now), by=by)


def unpin(*, by: Actor) -> ModelVersion:
    """Let scheduled training publish again, and return what serves.

    Raises:
        NothingServes: nothing was published yet.
    """
    return _set_pin(None, by=by)


def _set_pin(new: Pin | None, *, by: Actor) -> ModelVersion:
    with transaction.atomic():
        found = pointer.locked()
        row = pointer.serving()
        if row is None:
            raise NothingServes
        before = found.pinned_reason or None
        pointer.set_pin(found, new)
        action = "recommendations.unpinned" if new is None else "recommendations.pinned"
        record(action, by=by, subject=row, changes={"pinned_reason": (before, new and new.reason)})
    row.refresh_from_db()
    return row


def forget_old_versions() -> int:
    """Forget all but the serving version and those before it; return how many were forgotten."""
    found = ServingPointer.objects.select_related("publication").first()
    way_back = [one.version for one in pointer.chain(found.publication if found else None)]
    rows = dict(ModelVersion.objects.order_by("-version").values_list("version", "pk"))
    ordered = [name for name in dict.fromkeys([*way_back, *rows]) if name in rows]
    for name in ordered[KEPT_VERSIONS:]:
        pk = rows[name]
        # Marked as not loaded first, so that no rollback selects a partly deleted version after a crash.
        ModelVersion.objects.filter(pk=pk, is_serving=False).update(loaded_at=None)
        lists = ProductRecommendation.objects.filter(version=pk, version__loaded_at=None)
        while chunk := list(lists.values_list("pk", flat=True)[:CHUNK]):
            ProductRecommendation.objects.filter(pk__in=chunk).delete()
        ModelVersion.objects.filter(pk=pk, loaded_at=None).delete()
    return len(ordered[KEPT_VERSIONS:])


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
