"""The pointer to the publication that serves, which switches and pins change under its lock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db.models import F

from backend.audit.actors import Actor
from backend.recommendations.models import ModelVersion, Publication, ServingPointer

PREVIOUS_RELEASE = "previous_release"
"""The actor of publications that a process of the release before recorded nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Why scheduled training publishes nothing."""

    by: Actor
    reason: str
    at: datetime


def serving() -> ModelVersion | None:
    """Return the version that serves."""
    return ModelVersion.objects.filter(is_serving=True).first()


def locked() -> ServingPointer:
    """Return the pointer, locked until the transaction ends, which serialises switches, pins and erasures."""
    # Processes of the previous release lock these rows.
    list(ModelVersion.objects.select_for_update().order_by("pk").values_list("pk"))
    ServingPointer.objects.get_or_create(pk=1)
    pointer = ServingPointer.objects.select_for_update(of=("self",)).select_related("publication").get()
    _follow(pointer)
    return pointer


def point_to(pointer: ServingPointer, publication: Publication, *, pin: Pin | None) -> None:
    """Let the publication serve, pinned or not."""
    pointer.publication = publication
    pointer.generation += 1
    set_pin(pointer, pin)
    versions = ModelVersion.objects.filter(is_serving=True).exclude(version=publication.version)
    versions.update(is_serving=False, pauses_publishing=False)
    ModelVersion.objects.filter(version=publication.version).update(
        is_serving=True, pauses_publishing=pin is not None
    )


def set_pin(pointer: ServingPointer, pin: Pin | None) -> None:
    """Pin what serves, or end its pin, and save the pointer."""
    pointer.pinned_by = "" if pin is None else pin.by.system_name or f"user {pin.by.user_id}"
    pointer.pinned_reason = "" if pin is None else pin.reason
    pointer.pinned_at = None if pin is None else pin.at
    pointer.save()
    ModelVersion.objects.filter(is_serving=True).update(pauses_publishing=pin is not None)


def reopen() -> None:
    """Let all processes open what they serve again."""
    ServingPointer.objects.filter(pk=1).update(generation=F("generation") + 1)


def chain(publication: Publication | None) -> Iterator[Publication]:
    """Yield the publication, the one that it replaced, and so on; each version once."""
    found = set[str]()
    while publication is not None:
        if publication.version not in found:
            found.add(publication.version)
            yield publication
        publication = publication.replaces


def _follow(pointer: ServingPointer) -> None:
    """Point to what a process of the previous release published, rolled back to or pinned."""
    version = serving()
    if version is None:
        return
    present = pointer.publication
    if present is None or present.version != version.version:
        present = pointer.publication = _publication_of(version, before=present)
        pointer.generation += 1
    elif version.pauses_publishing == (pointer.pinned_at is not None):
        return
    pin = Pin(by=Actor.system(PREVIOUS_RELEASE), reason="an operator chose it", at=present.published_at)
    set_pin(pointer, pin if version.pauses_publishing else None)


def _publication_of(version: ModelVersion, *, before: Publication | None) -> Publication:
    found = Publication.objects.filter(version=version.version).first()
    if found is None:
        return Publication.objects.create(
            version=version.version,
            # The database requires it of what serves.
            published_at=cast("datetime", version.published_at),
            system_name=PREVIOUS_RELEASE,
            replaces=before,
        )
    # After a rollback, it is one of those that were replaced.
    if found.replaces is None and before is not None and found.pk > before.pk:
        found.replaces = before
        found.save(update_fields=["replaces"])
    return found
