-- How many of a day's changes each rollup includes. A day with more changes than that is dirty for the rollup.
CREATE TABLE IF NOT EXISTS rollup_days
(
    rollup LowCardinality(String),
    day Date,
    changes UInt64,
    built_at DateTime('UTC') DEFAULT now('UTC')
)
ENGINE = ReplacingMergeTree(changes)
ORDER BY (rollup, day)
