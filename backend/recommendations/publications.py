"""Which versions may be published, and the record of those that were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.recommendations.errors import OlderThanServing, ReasonMissing, VersionNotPublishable
from backend.recommendations.models import REASON_CHARS, ModelVersion, Publication
from ml import gates
from ml.gates import Verdict
from ml.registry import Registry, Version, VersionDamaged, VersionNotFound

logger = structlog.get_logger(__name__)


def checked_reason(forced_because: str | None) -> str:
    """Return the reason for overriding gates; an empty text if none may be overridden.

    Raises:
        ReasonMissing: it is blank.
        InvalidInput: it is too long to be recorded.
    """
    if forced_because is None:
        return ""
    reason = forced_because.strip()
    if not reason:
        raise ReasonMissing
    if len(reason) > REASON_CHARS:
        message = f"The reason has {len(reason)} characters; at most {REASON_CHARS} are recorded."
        raise InvalidInput(message, reason=message)
    return reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """How a publication was asked for: whether the version was named, and why gates may be overridden."""

    registry: Registry
    is_named: bool
    forced: str

    def refusals(self, version: Version, *, serving: ModelVersion | None) -> list[Verdict]:
        """Return the gates that refuse the version and are overridden.

        A named version that passed when it was published before passes, unless its manifest was changed by
        anything but an erasure, so that an operator can go back to it.

        Raises:
            VersionNotPublishable: a gate refuses it, and `forced` is empty.
            OlderThanServing: it was not named, and is older than what serves.
        """
        if self.is_named and _passed(version):
            return []
        if not self.is_named and serving is not None and version.id < serving.version:
            raise OlderThanServing(
                f"The newest version that can be read, {version.id}, is older than {serving.version}, which "
                f"serves. Train again, or publish it by its name: `manage.py publish_model {version.id}`."
            )
        found = gates.refusals(version.manifest, serving=self._manifest(serving))
        if found and not self.forced:
            raise VersionNotPublishable(
                f"{version.id} is refused by {'. '.join(map(str, found))}. Train again with "
                "`python -m ml.train`, or publish it nevertheless with "
                f'`python manage.py publish_model {version.id} --force --reason "…"`.',
                gates=[str(one.gate) for one in found],
            )
        return found

    def _manifest(self, row: ModelVersion | None) -> Mapping[str, Any] | None:
        """Return the manifest of the version that serves; None if it can't be read any more."""
        if row is None:
            return None
        try:
            return self.registry.load(row.version).manifest
        except (VersionDamaged, VersionNotFound) as error:
            logger.warning("not_compared_with_what_serves", reason=str(error))
            return None


def _passed(version: Version) -> bool:
    return Publication.objects.filter(
        version=version.id, manifest_sha256=version.manifest_sha256, overridden=[]
    ).exists()


def add_publication(
    version: Version,
    *,
    overridden: Sequence[str],
    reason: str,
    replaces: Publication | None,
    by: Actor,
    now: datetime,
) -> Publication:
    """Record that the version was published, in the caller's transaction, and return the row."""
    return Publication.objects.create(
        version=version.id,
        manifest_sha256=version.manifest_sha256,
        published_at=now,
        user_id=by.user_id,
        system_name=by.system_name,
        reason=reason if overridden else "",
        overridden=list(overridden),
        replaces=replaces,
    )
