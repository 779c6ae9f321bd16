"""Reports: named queries in `queries/*.sql` for the API, the command and notebooks.

Each file declares its report in the head (`definition.py`). Notebooks use `analytics_pipeline.analyst`.
"""

from analytics_pipeline.reports.definition import Column, Report
from analytics_pipeline.reports.errors import (
    InvalidParameters,
    InvalidReport,
    NotForSellers,
    UnknownReport,
)
from analytics_pipeline.reports.library import QUERIES, available, faults, load, names
from analytics_pipeline.reports.parameters import Parameter
from analytics_pipeline.reports.results import ReportResult
from analytics_pipeline.reports.running import EVERY_SELLER, execute, export, key_of, run

__all__ = [
    "EVERY_SELLER",
    "QUERIES",
    "Column",
    "InvalidParameters",
    "InvalidReport",
    "NotForSellers",
    "Parameter",
    "Report",
    "ReportResult",
    "UnknownReport",
    "available",
    "execute",
    "export",
    "faults",
    "key_of",
    "load",
    "names",
    "run",
]
