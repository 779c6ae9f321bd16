"""Export searches and what came of them as User Behavior Insights (UBI) 1.3.

docs/search-analytics.md describes the files.
"""

from analytics_pipeline.ubi.documents import UbiEvent, UbiQuery
from analytics_pipeline.ubi.export import DayExported, Format, UbiExport, days

__all__ = ["DayExported", "Format", "UbiEvent", "UbiExport", "UbiQuery", "days"]
