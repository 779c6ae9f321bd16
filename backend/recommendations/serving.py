"""What this process serves: one version, mapped, until the pointer changes.

A request uses one `Serving` from its beginning to its end, so that it never mixes versions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import structlog
from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from backend.engines.shared_copy import SharedCopy
from backend.recommendations.models import ModelVersion, ProductRecommendation, ServingPointer
from ml.diversity import KINDS, Kinds
from ml.mapped_lists import MappedLists
from ml.registry import Registry, Version, VersionDamaged, VersionNotFound
from ml.settings import TrainingSettings

logger = structlog.get_logger(__name__)

CHECKED_SECONDS = 1.0
"""How long a process serves a version before it asks for the pointer again."""
RETRY_SECONDS = 30.0
"""When a process tries again to open a version that it couldn't open."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """What should serve: a version, None before the first publication; its lists may be rows."""

    generation: int = 0
    version: str | None = None
    is_mapped: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """The version that a process serves, None without one, with its lists by `audience.algorithm`.

    `lists` is None if they are rows of the database. `kinds` are the families and categories of products, and
    `diversity` is the share by which lists are diversified; 0 in versions that don't say. `wanted` is the
    pointer as it was at `checked_at`. If its version couldn't be opened, `refused` says why, and the process
    serves the version of before.
    """

    version: str | None = None
    lists: Mapping[str, MappedLists] | None = field(default_factory=dict)
    kinds: Kinds = field(default_factory=Kinds)
    diversity: float = 0.0
    wanted: Pointer = Pointer()
    refused: str = ""
    opened_at: float = 0.0
    checked_at: float = 0.0


class ServingCache(SharedCopy[Serving]):
    """The version of this process."""

    check_seconds = CHECKED_SECONDS

    def current(self) -> Serving:
        """Return what this process serves as of a second ago or later."""
        return self._newest()

    def _checked(self, found: Serving | None, *, now: float) -> Serving:
        wanted = _pointer()
        if found is not None and found.wanted == wanted and not _is_due(found, now=now):
            return replace(found, checked_at=now)
        try:
            opened = _opened(wanted)
        except (VersionDamaged, VersionNotFound) as error:
            logger.warning("version_not_opened", version=wanted.version, reason=str(error))
            kept = found or Serving(opened_at=now, checked_at=now)
            return replace(kept, wanted=wanted, refused=str(error), opened_at=now, checked_at=now)
        return replace(opened, wanted=wanted, opened_at=now, checked_at=now)


def _is_due(found: Serving, *, now: float) -> bool:
    return bool(found.refused) and now - found.opened_at >= RETRY_SECONDS


def _pointer() -> Pointer:
    # Processes of the previous release switch by `is_serving`, so that decides, and the pointer says when
    # files changed.
    files = ProductRecommendation.objects.filter(version=OuterRef("pk"), sha256__isnull=False)
    generation = Coalesce(Subquery(ServingPointer.objects.values("generation")), 0)
    found = ModelVersion.objects.filter(is_serving=True).values_list(generation, "version", Exists(files))
    return Pointer(*found[0]) if found else Pointer()


def _opened(wanted: Pointer) -> Serving:
    """Return the contents of the version.

    Raises:
        VersionNotFound: this host has no folder of the version.
        VersionDamaged: a file is missing or differs from what was written.
    """
    if wanted.version is None:
        return Serving()
    if not wanted.is_mapped:
        return Serving(version=wanted.version, lists=None)
    return Registry(TrainingSettings.from_env().registry).read(wanted.version, _mapped)


def _mapped(version: Version) -> Serving:
    """Return the contents of the version's files.

    Raises:
        VersionDamaged: a file is missing or differs from what was written.
    """
    diversity = version.manifest.get("diversity", {}).get("share", 0.0)
    return Serving(
        version=version.id,
        lists={name: version.mapped_lists(name) for name in version.list_names},
        kinds=version.made(KINDS, Kinds.of) if version.has(KINDS) else Kinds(),
        diversity=diversity,
    )


CACHE = ServingCache()
