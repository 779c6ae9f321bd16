-- The days that were clean before changes were counted.
-- Repeatable: the same rows replace themselves.
INSERT INTO rollup_days (rollup, day, changes)
SELECT 'event_counts', day, 1
FROM event_rollup
WHERE day NOT IN (SELECT day FROM day_marks FINAL WHERE cleared = 0)
GROUP BY day
