"""The health check of the recommendations: which version serves, and how old it is."""

from collections.abc import Mapping

from django.utils import timezone

from backend.recommendations.models import ModelVersion


def check() -> Mapping[str, object]:
    """Return the serving version and the seconds since it was published; nothing without one.

    Popular products are recommended then, so a shop without a model is healthy.
    """
    serving = ModelVersion.objects.filter(is_serving=True).first()
    if serving is None or serving.published_at is None:
        return {"version": None}
    age = (timezone.now() - serving.published_at).total_seconds()
    return {"version": str(serving), "age_seconds": round(age)}
