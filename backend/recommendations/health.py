"""The health check of the recommendations: which version this process serves, and how old it is."""

from collections.abc import Mapping

from django.utils import timezone

from backend.recommendations.models import ModelVersion
from backend.recommendations.serving import CACHE


def check() -> Mapping[str, object]:
    """Return the version and the seconds since it was published; nothing without one.

    Popular products are recommended then, so a shop without a model is healthy. If this process can't open
    what should serve, the reason is there.
    """
    serving = CACHE.current()
    refused = (
        {"notice": f"not serving {serving.wanted.version}: {serving.refused}"} if serving.refused else {}
    )
    row = ModelVersion.objects.filter(version=serving.version).first()
    if row is None or row.published_at is None:
        return {"version": serving.version, **refused}
    age = (timezone.now() - row.published_at).total_seconds()
    return {"version": serving.version, "age_seconds": round(age), **refused}
