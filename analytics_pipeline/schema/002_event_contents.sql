-- Which contents came under which event id: more than one means that a client reused an id.
CREATE TABLE IF NOT EXISTS event_contents
(
    day Date,
    event_id UUID,
    content UInt64,
    type LowCardinality(String),
    product_id UInt64
)
ENGINE = ReplacingMergeTree
PARTITION BY day
ORDER BY (day, event_id, content)
