"""Empties the texts of searches in old events, because a text can be personal.

The events and their numbers stay; the statistics of queries (`query_results`) end where the texts do.
"""

from datetime import date

from analytics_pipeline import rollups
from analytics_pipeline.warehouse import Warehouse

_DAYS = "SELECT DISTINCT day FROM events WHERE day < {before:Date} AND query != '' ORDER BY day"
_EMPTY_EVENTS = """
ALTER TABLE events UPDATE query = ''
WHERE day IN {days:Array(Date)} AND query != ''
SETTINGS mutations_sync = 2
"""
_DELETE_COUNTS = "ALTER TABLE {table} DELETE WHERE day < {{before:Date}} SETTINGS mutations_sync = 2"
_COUNTS = "SELECT count() FROM {table} WHERE day < {{before:Date}}"


def empty_queries(warehouse: Warehouse, *, before: date) -> list[date]:
    """Empty the texts of searches on days before this one; return the days that had any."""
    days = [row["day"] for row in warehouse.rows(_DAYS, {"before": before})]
    if days:
        warehouse.command(_EMPTY_EVENTS, {"days": days})
    # After the events: a rollup that is rebuilt meanwhile may still have texts, which the next run deletes.
    for table in rollups.tables_with(warehouse, column="query"):
        if warehouse.value(_COUNTS.format(table=table), {"before": before}):
            warehouse.command(_DELETE_COUNTS.format(table=table), {"before": before})
    return days
