"""The page that opens first."""

from dataclasses import replace

from backend.dashboard.declarations import Drill, Kind, Page, Panel
from backend.dashboard.pages import funnel, sales, search

PAGE = Page(
    name="overview",
    title="Overview",
    about="The shop at a glance.",
    filters=("group_by", "compare"),
    defaults={"compare": "previous_period"},
    panels=(
        sales.FIGURES,
        sales.BY_PERIOD,
        replace(funnel.FIGURES, name="visits"),
        replace(search.FIGURES, name="searches", wide=False),
        Panel(
            name="by-category",
            title="Net sales by category",
            report="sales",
            kind=Kind.BAR,
            parameters={"breakdown": "category", "group_by": "month", "compare": "none"},
            label="part",
            values=("net",),
            series="currency",
            columns=("part", "orders", "units", "net", "currency"),
            drill=Drill(target="sales/by-period", column="part", parameter="category"),
        ),
        sales.PRODUCTS,
    ),
)
