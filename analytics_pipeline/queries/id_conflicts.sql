/*
description = """
Event ids that arrived with different contents: a client generates ids wrongly or forges them. The shop's own
`order` and `carted` events aren't listed: it writes them again when their quantity changed, or with a field that
a new release added."""
scope = ["staff"]
days_around = 0

[parameters.start_date]
type = "Date"
default = 1970-01-02
description = "The first day (UTC)."

[parameters.end_date]
type = "Date"
default = 2149-06-04
not_before = "start_date"
description = "The last day (UTC)."

[columns]
day = { type = "Date", description = "The day (UTC) in the id." }
event_id = { type = "String", description = "The id." }
contents = { type = "UInt64", description = "How many different contents arrived." }
types = { type = "Array(String)", description = "The event types." }
products = { type = "Array(UInt64)", description = "The products." }
*/
SELECT day, toString(conflicts.event_id) AS event_id, contents, types, products
FROM id_conflicts(dirty_days = {id_conflicts_dirty:Array(Date)}) AS conflicts
WHERE day BETWEEN {start_date:Date} AND {end_date:Date}
ORDER BY day, event_id
