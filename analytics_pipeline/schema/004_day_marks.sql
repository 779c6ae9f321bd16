-- A day is dirty while one of its marks isn't cleared. Whoever inserted events adds a mark; a rebuild clears
-- exactly those that it saw before it began, so that neither needs the other's clock.
CREATE TABLE IF NOT EXISTS day_marks
(
    day Date,
    mark UUID,
    cleared UInt8,
    changed_at DateTime('UTC') DEFAULT now('UTC')
)
ENGINE = ReplacingMergeTree(cleared)
ORDER BY (day, mark)
TTL changed_at + INTERVAL 2 DAY DELETE WHERE cleared = 1
