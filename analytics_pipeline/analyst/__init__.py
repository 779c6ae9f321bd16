"""What analysts use in notebooks: the shop's reports, and SQL with the read-only user of the warehouse.

    from analytics_pipeline.analyst import connect

    shop = connect()
    shop.report("sales", group_by="month", breakdown="category")

`connect` finds the shop on this machine, or a remote one by its address (docs/notebooks.md). `python -m
analytics_pipeline.analyst` prints how other tools connect to the warehouse.
"""

from analytics_pipeline.analyst.access import Access
from analytics_pipeline.analyst.definition import Definition
from analytics_pipeline.analyst.errors import (
    CredentialRefused,
    InvalidAccess,
    QueryRefused,
    ReportRefused,
    ShopNotReachable,
)
from analytics_pipeline.analyst.shop import Shop, connect
from analytics_pipeline.reports.errors import InvalidParameters, UnknownReport

__all__ = [
    "Access",
    "CredentialRefused",
    "Definition",
    "InvalidAccess",
    "InvalidParameters",
    "QueryRefused",
    "ReportRefused",
    "Shop",
    "ShopNotReachable",
    "UnknownReport",
    "connect",
]
