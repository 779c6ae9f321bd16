"""Empties the texts in old events that can be personal: searches, and what clients choose.

The events and their numbers stay. The path of a page view loses its query string, the referrer all but the
host. The rollups of searches are built again without texts.
Properties are removed whatever their type, because a phone number can be sent as a number, except those that
the shop says contain nothing personal. The other texts of events are names and filters.
"""

from collections.abc import Sequence
from datetime import date

from analytics_pipeline import rollups
from analytics_pipeline.warehouse import Warehouse

_DAYS = """
SELECT DISTINCT day FROM events
WHERE day < {before:Date}
  AND (
      query != ''
      OR mapExists((name, value) -> NOT has({kept:Array(String)}, name), properties)
      OR path != cutQueryStringAndFragment(path)
      OR referrer != if(domain(referrer) = '', '', concat(protocol(referrer), '://', domain(referrer)))
  )
ORDER BY day
"""
_EMPTY_EVENTS = """
ALTER TABLE events UPDATE
    query = '',
    properties = mapFilter((name, value) -> has({kept:Array(String)}, name), properties),
    path = cutQueryStringAndFragment(path),
    referrer = if(domain(referrer) = '', '', concat(protocol(referrer), '://', domain(referrer)))
WHERE day IN {days:Array(Date)}
  AND (
      query != ''
      OR mapExists((name, value) -> NOT has({kept:Array(String)}, name), properties)
      OR path != cutQueryStringAndFragment(path)
      OR referrer != if(domain(referrer) = '', '', concat(protocol(referrer), '://', domain(referrer)))
  )
SETTINGS mutations_sync = 2
"""
_DELETE_COUNTS = """
ALTER TABLE {table} DELETE WHERE day < {{before:Date}} AND query != '' SETTINGS mutations_sync = 2
"""
_COUNTED_DAYS = "SELECT DISTINCT day FROM {table} WHERE day < {{before:Date}} AND query != ''"


def empty_texts(warehouse: Warehouse, *, before: date, kept_properties: Sequence[str] = ()) -> list[date]:
    """Empty the texts of events on days before this one; return the days that had any."""
    parameters = {"before": before, "kept": list(kept_properties)}
    days = [row["day"] for row in warehouse.rows(_DAYS, parameters)]
    if days:
        warehouse.command(_EMPTY_EVENTS, {**parameters, "days": days})
    # After the events: a rollup that is rebuilt meanwhile may still have texts, which the next run deletes.
    for table in rollups.tables_with(warehouse, column="query"):
        if counted := [
            row["day"] for row in warehouse.rows(_COUNTED_DAYS.format(table=table), {"before": before})
        ]:
            # Before the deletion: if the process is killed in between, the days are still built again.
            rollups.mark_dirty(warehouse, counted)
            warehouse.command(_DELETE_COUNTS.format(table=table), {"before": before})
    return days
