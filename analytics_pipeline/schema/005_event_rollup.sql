-- Events counted by product, type and quarter hour (UTC), rebuilt day by day, never added to.
CREATE TABLE IF NOT EXISTS event_rollup
(
    day Date,
    quarter DateTime('UTC'),
    product_id UInt64,
    type LowCardinality(String),
    events UInt64,
    quantity Int64
)
ENGINE = MergeTree
PARTITION BY day
ORDER BY (product_id, quarter, type)
