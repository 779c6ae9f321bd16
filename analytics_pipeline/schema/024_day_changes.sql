-- How often the events of each day changed. Merges add the counts up to one row a day, and a count that a
-- retried insert adds twice only causes one more rebuild.
CREATE TABLE IF NOT EXISTS day_changes
(
    day Date,
    changes SimpleAggregateFunction(sum, UInt64),
    changed_at SimpleAggregateFunction(max, DateTime64(6, 'UTC')) DEFAULT now64(6, 'UTC')
)
ENGINE = AggregatingMergeTree
ORDER BY day
