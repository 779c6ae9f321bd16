-- Events that were stored before changes were counted.
-- Repeatable: a day is counted if it isn't there, and a day that is counted twice is rebuilt once more.
INSERT INTO day_changes (day, changes)
SELECT day, 1
FROM events
WHERE day NOT IN (SELECT day FROM day_changes)
GROUP BY day
