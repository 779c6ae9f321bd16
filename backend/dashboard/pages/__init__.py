"""The pages of the dashboard, in the order of its navigation."""

from collections.abc import Sequence

from backend.dashboard.declarations import Page
from backend.dashboard.pages import (
    customers,
    funnel,
    overview,
    pipeline,
    recommendations,
    sales,
    search,
    stock,
)

PAGES: Sequence[Page] = (
    overview.PAGE,
    sales.PAGE,
    funnel.PAGE,
    search.PAGE,
    recommendations.PAGE,
    stock.PAGE,
    customers.PAGE,
    pipeline.PAGE,
)


def page_of(name: str) -> Page | None:
    """Return the page of this name."""
    return next((page for page in PAGES if page.name == name), None)
