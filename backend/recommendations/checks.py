"""System checks of the settings for recommendations."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning  # noqa: A004 - Django's name for a level

from backend.recommendations.slots import ALL


def check_slots(app_configs: object = None, **options: Any) -> Sequence[CheckMessage]:
    """Return a warning if RECOMMENDATION_DIVERSITY names a slot that doesn't exist."""
    names = [slot.name for slot in ALL]
    unknown = sorted(set(settings.RECOMMENDATION_DIVERSITY) - set(names))
    if not unknown:
        return []
    text = f"RECOMMENDATION_DIVERSITY names no slot of recommendations: {', '.join(unknown)}."
    return [Warning(text, hint=f"The slots are {', '.join(names)}.", id="recommendations.W001")]
