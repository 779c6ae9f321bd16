-- How often the links of guests with events on each day changed, for rollups of shoppers. It is added to `day_changes`.
-- Merges add the counts up to one row a day.
CREATE TABLE IF NOT EXISTS link_changes
(
    day Date,
    changes SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY day
