-- During an upgrade, processes of the version before this one still say in day_marks that a day changed.
CREATE MATERIALIZED VIEW IF NOT EXISTS day_marks_forwarder TO day_changes AS
SELECT day, count() AS changes
FROM day_marks
WHERE cleared = 0
GROUP BY day
