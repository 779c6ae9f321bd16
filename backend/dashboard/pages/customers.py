"""Customers with an account: segments, cohorts and expected value."""

from backend.dashboard.declarations import Drill, Kind, Page, Panel

PAGE = Page(
    name="customers",
    title="Customers",
    about="Customers with an account and what they bought.",
    filters=("segment", "horizon_days"),
    default_period="last_12_months",
    panels=(
        Panel(
            name="segments",
            title="Segments",
            about="By recency and frequency of their purchases in the period.",
            report="rfm",
            kind=Kind.BAR,
            label="segment",
            values=("customers",),
            columns=("segment", "customers", "orders", "net", "currency"),
            series="currency",
            drill=Drill(target="customers/scores", column="segment", parameter="segment"),
        ),
        Panel(
            name="segment-means",
            title="Means of the segments",
            report="rfm",
            kind=Kind.TABLE,
            columns=(
                "segment",
                "customers",
                "share_of_customers",
                "recency_days",
                "net_per_customer",
                "currency",
            ),
            drill=Drill(target="customers/scores", column="segment", parameter="segment"),
        ),
        Panel(
            name="cohorts",
            title="Cohorts",
            about="By the month of the first purchase.",
            report="cohorts",
            kind=Kind.TABLE,
            columns=(
                "cohort",
                "months_since",
                "customers",
                "buyers",
                "orders",
                "net",
                "net_so_far",
                "repeat_rate",
                "currency",
            ),
            wide=True,
        ),
        Panel(
            name="scores",
            title="Customers and their scores",
            report="rfm_customers",
            kind=Kind.TABLE,
            columns=("customer_key", "segment", "last_day", "orders", "net", "currency"),
        ),
        Panel(
            name="expected",
            title="Expected value",
            about="What customers are expected to buy in the days of the filter horizon days.",
            report="customer_value",
            kind=Kind.TABLE,
            columns=("customer_key", "purchases", "expected_purchases", "net", "expected_net", "currency"),
        ),
    ),
)
