"""The page that opens first."""

from backend.dashboard.declarations import Drill, Figure, Kind, Page, Panel
from backend.dashboard.pages.sales import BY_PERIOD, FIGURES, PRODUCTS

PAGE = Page(
    name="overview",
    title="Overview",
    about="The shop at a glance.",
    filters=("group_by", "compare"),
    defaults={"compare": "previous_period"},
    panels=(
        FIGURES,
        BY_PERIOD,
        Panel(
            name="visits",
            title="Visits",
            report="sessions",
            kind=Kind.FIGURES,
            parameters={"group_by": "day"},
            figures=(
                Figure(column="sessions", title="Sessions"),
                Figure(column="converted", per="sessions", shown="conversion", title="Conversion"),
                Figure(column="bounced", per="sessions", shown="bounce_rate", title="Bounce rate"),
            ),
        ),
        Panel(
            name="searches",
            title="Searches",
            report="searches",
            kind=Kind.FIGURES,
            parameters={"group_by": "day"},
            figures=(
                Figure(column="searches", title="Searches"),
                Figure(column="empty_searches", title="Found nothing"),
                Figure(column="clicks", title="Clicks on results"),
                Figure(column="revenue", title="Revenue of searches"),
            ),
        ),
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
        PRODUCTS,
    ),
)
