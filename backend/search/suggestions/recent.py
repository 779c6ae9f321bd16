"""A shopper's own last searches."""

import structlog

from analytics_pipeline.recent import RecentSearch
from analytics_pipeline.redis_client import StreamUnavailable
from backend.api.shoppers import Shopper
from backend.engines.streams import recent_searches

logger = structlog.get_logger(__name__)


def searches_of(shopper: Shopper) -> list[RecentSearch]:
    """Return the shopper's last searches, latest first; none if they can't be read now."""
    if shopper.key is None:
        return []
    try:
        return recent_searches().of(shopper.key)
    except StreamUnavailable as error:
        logger.warning("recent_searches_unavailable", error=str(error))
        return []


def forget_searches(shopper: Shopper, *, text: str | None) -> None:
    """Delete one of the shopper's searches, or all of them.

    Raises:
        StreamUnavailable: they can't be deleted now.
    """
    if shopper.key is None:
        return
    if text is None:
        recent_searches().forget(shopper.key)
    else:
        recent_searches().remove(shopper.key, text=text)
