"""What staff see of registered versions: their data, metric, verdicts and drift, read from manifests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml import gates, segments
from ml.gates import Verdict
from ml.registry import Registry, Version, VersionDamaged, VersionNotFound

LISTED = 14
"""As many versions as nightly training keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A version of the registry; `damaged` says why its manifest can't be read, if it can't.

    `metric` is the primary metric of personal lists with its interval, empty if it wasn't measured.
    `refusals` are the gates by which it is not published without force beside what serves.
    """

    version: str
    damaged: str = ""
    trained_at: str = ""
    rows: str = ""
    products: str = ""
    metric: str = ""
    verdicts: Sequence[Verdict] = ()
    refusals: Sequence[str] = ()
    drift: Sequence[str] = ()

    @property
    def verdict(self) -> str:
        """Whether it may be published, in words."""
        if self.damaged:
            return f"damaged: {self.damaged}"
        return f"refused by {', '.join(self.refusals)}" if self.refusals else "may be published"


def registered(registry: Registry, *, serving: str | None) -> list[Registered]:
    """Return the newest versions, the newest first, judged beside the one that serves."""
    before = manifest_of(registry, serving)
    return [described(registry, name, serving=before) for name in registry.versions()[::-1][:LISTED]]


def described(registry: Registry, name: str, *, serving: Mapping[str, Any] | None) -> Registered:
    """Return what is known of a version; its gates are asked beside the manifest of what serves."""
    try:
        version = registry.load(name)
    except VersionDamaged as error:
        return Registered(version=name, damaged=f"{error.file} {error.reason}")
    except VersionNotFound:
        return Registered(version=name, damaged="its files were deleted")
    return _described(version, serving=serving)


def manifest_of(registry: Registry, name: str | None) -> Mapping[str, Any] | None:
    """Return the manifest of a version; None if there is none that can be read."""
    if name is None:
        return None
    try:
        return registry.load(name).manifest
    except (VersionDamaged, VersionNotFound):
        return None


def _described(version: Version, *, serving: Mapping[str, Any] | None) -> Registered:
    manifest = version.manifest
    refusals = gates.refusals(manifest, serving=serving)
    return Registered(
        version=version.id,
        trained_at=manifest["created_at"][:16].replace("T", " "),
        rows=f"{manifest.get('rows', 0):,}",
        products=f"{manifest.get('products', 0):,}",
        metric=_metric(manifest),
        verdicts=gates.stored_verdicts(manifest) or [],
        refusals=[str(one.gate) for one in refusals],
        drift=_drifted(manifest),
    )


def _drifted(manifest: Mapping[str, Any]) -> list[str]:
    """Return the names of what drifted; none if an earlier release wrote the manifest."""
    # `ml.drift` would bring SciPy and the models into web processes.
    checks = (manifest.get("drift") or {}).get("checks", ())
    return [check["name"] for check in checks if check["drifted"]]


def _metric(manifest: Mapping[str, Any]) -> str:
    one = segments.stored(manifest).get("hybrid", {}).get(segments.ALL)
    return "" if one is None else f"{one.mean:.4f} ({one.low:.4f} to {one.high:.4f})"
