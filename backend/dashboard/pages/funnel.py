"""Sessions, and the steps from a visit to an order."""

from backend.dashboard.declarations import Drill, Figure, Kind, Page, Panel

FIGURES = Panel(
    name="figures",
    title="Visits",
    report="sessions",
    kind=Kind.FIGURES,
    parameters={"group_by": "day", "breakdown": "none"},
    figures=(
        Figure(column="sessions", title="Sessions", target="funnel/by-period"),
        Figure(
            column="converted", per="sessions", shown="conversion", title="Conversion", target="funnel/steps"
        ),
        Figure(column="bounced", per="sessions", shown="bounce_rate", title="Bounce rate"),
        Figure(column="revenue", title="Revenue of sessions"),
    ),
)
PAGE = Page(
    name="funnel",
    title="Funnel",
    about="What shoppers do between a visit and an order.",
    filters=("group_by", "breakdown", "bots"),
    defaults={"breakdown": "device"},
    panels=(
        FIGURES,
        Panel(
            name="steps",
            title="Steps to an order",
            report="funnel",
            kind=Kind.FUNNEL,
            parameters={"breakdown": "none"},
            columns=("name", "sessions", "rate", "total_rate", "median_seconds"),
        ),
        Panel(
            name="by-period",
            title="Sessions by period",
            report="sessions",
            kind=Kind.LINE,
            parameters={"breakdown": "none"},
            label="period",
            values=("sessions", "converted"),
            columns=(
                "period",
                "sessions",
                "shoppers",
                "bounce_rate",
                "conversion",
                "orders",
                "revenue",
                "currency",
            ),
            drill=Drill(target="funnel/steps"),
            wide=True,
        ),
        Panel(
            name="by-part",
            title="Sessions by part",
            about="The parts are those of the filter breakdown.",
            report="sessions",
            kind=Kind.BAR,
            parameters={"group_by": "month"},
            label="segment",
            values=("sessions",),
            columns=("segment", "sessions", "bounced", "converted", "orders"),
        ),
        Panel(
            name="steps-by-part",
            title="Steps by part",
            report="funnel",
            kind=Kind.FUNNEL,
            columns=("segment", "name", "sessions", "rate", "total_rate"),
        ),
        Panel(
            name="products",
            title="Products: from the page to the order",
            report="product_conversion",
            kind=Kind.TABLE,
            parameters={"breakdown": "product", "group_by": "none"},
            columns=(
                "part",
                "title",
                "viewers",
                "cart_rate",
                "conversion",
                "conversion_low",
                "conversion_high",
            ),
            drill=Drill(target="sales/orders", column="part", parameter="product"),
            wide=True,
        ),
        Panel(
            name="retention",
            title="Shoppers who come back",
            about="By the month of the first visit; the filters of sources and devices don't apply.",
            report="retention",
            kind=Kind.TABLE,
            parameters={"group_by": "month"},
            columns=("cohort", "shoppers", "number", "active", "rate"),
        ),
    ),
)
