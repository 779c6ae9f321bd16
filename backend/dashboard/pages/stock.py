"""What was out of stock, and what would have been sold."""

from backend.dashboard.declarations import EVER, Drill, Figure, Kind, Page, Panel

_OUT = ("title", "since", "hours", "share", "views", "search_lists", "wishes")
PAGE = Page(
    name="stock",
    title="Stock",
    about="What shoppers could not buy, and an estimate of what they would have bought.",
    filters=("group_by", "category", "brand", "product", "confidence", "bots"),
    defaults={"group_by": "week"},
    panels=(
        Panel(
            name="figures",
            title="Lost demand",
            about="Estimates: the panel of products has their intervals.",
            report="lost_demand",
            kind=Kind.FIGURES,
            parameters={"group_by": "none", "breakdown": "none"},
            figures=(
                Figure(
                    column="lost_money", title="Lost sales", target="stock/products", more_is_better=False
                ),
                Figure(
                    column="lost_units", title="Lost units", target="stock/products", more_is_better=False
                ),
            ),
            wide=True,
        ),
        Panel(
            name="by-period",
            title="Lost sales by period",
            about="With the ends of their interval.",
            report="lost_demand",
            kind=Kind.LINE,
            parameters={"breakdown": "none"},
            label="period",
            values=("lost_money", "lost_money_low", "lost_money_high"),
            columns=(
                "period",
                "variants",
                "hours",
                "lost_units",
                "lost_money",
                "lost_money_low",
                "lost_money_high",
                "currency",
            ),
            drill=Drill(target="stock/products"),
            wide=True,
        ),
        Panel(
            name="products",
            title="Lost sales by product",
            report="lost_demand",
            kind=Kind.TABLE,
            parameters={"group_by": "none", "breakdown": "product"},
            columns=(
                "part",
                "title",
                "hours",
                "lost_units",
                "lost_money",
                "lost_money_low",
                "lost_money_high",
                "currency",
            ),
            drill=Drill(target="sales/orders", column="part", parameter="product"),
            wide=True,
        ),
        Panel(
            name="out",
            title="Out of stock at the end",
            report="stock_outs",
            kind=Kind.TABLE,
            parameters={"state": "out"},
            columns=_OUT,
            wide=True,
        ),
        Panel(
            name="forecast",
            title="Units that are expected to be sold in four weeks",
            about="From all sales until the last day, with intervals of 80 %.",
            report="forecast",
            kind=Kind.TABLE,
            parameters={**EVER, "breakdown": "product"},
            columns=("title", "last_units", "units", "units_low", "units_high", "gross", "currency"),
            wide=True,
        ),
        Panel(
            name="periods",
            title="Periods out of stock",
            report="stock_outs",
            kind=Kind.TABLE,
            columns=("title", "state", "periods", "longest_hours", *_OUT[1:]),
            wide=True,
        ),
    ),
)
