"""Rows of the files of published versions."""

from collections.abc import Mapping
from typing import Any

from backend.recommendations.models import ModelVersion, ProductRecommendation
from ml.registry import Version


def record_files(row: ModelVersion, version: Version) -> None:
    """Store the version's files of lists as rows."""
    ProductRecommendation.objects.bulk_create(
        [_file(row, name, entry) for name, entry in version.manifest["lists"].items()],
        update_conflicts=True,
        unique_fields=["version", "audience", "subject", "algorithm"],
        update_fields=["lists", "bytes", "sha256"],
    )


def _file(row: ModelVersion, name: str, entry: Mapping[str, Any]) -> ProductRecommendation:
    audience, algorithm = name.split(".")
    return ProductRecommendation(
        version=row,
        audience=audience,
        algorithm=algorithm,
        lists=entry["subjects"],
        bytes=entry["bytes"],
        sha256=entry["sha256"],
    )


def are_recorded(row: ModelVersion, version: Version) -> bool:
    """Return whether the rows are of the version's present files."""
    recorded = set(row.lists.values_list("sha256", flat=True))
    return recorded == {entry["sha256"] for entry in version.manifest["lists"].values()}
