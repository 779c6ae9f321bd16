-- Counts of events, exact for every day: from the rollup where the day is clean, else from the events.
-- The dirty days have to be read before this view is, never after.
CREATE OR REPLACE VIEW event_counts AS
SELECT day, quarter, product_id, type, events, quantity
FROM event_rollup
WHERE day NOT IN ({dirty_days:Array(Date)})
UNION ALL
SELECT day, quarter, product_id, type, events, quantity
FROM event_aggregate(days = {dirty_days:Array(Date)})
