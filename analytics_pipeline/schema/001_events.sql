-- Everything that shoppers did and were shown. An event inserted twice is one event for every query that
-- reads with FINAL: nothing in the order key can differ between two copies, and the first copy wins, because
-- its version is the greater one (the maximum minus the number of its stream entry).
-- `day` leads the order key so that FINAL may still skip the days that a query doesn't ask for.
CREATE TABLE IF NOT EXISTS events
(
    event_id UUID,
    occurred_at DateTime64(3, 'UTC'),
    day Date,
    type LowCardinality(String),
    shopper_key UUID,
    product_id UInt64,
    variant_id UInt64,
    quantity Int64,
    position UInt32,
    exposure_id UUID,
    surface LowCardinality(String),
    query String,
    filters String,
    slot LowCardinality(String),
    algorithm LowCardinality(String),
    arms Array(LowCardinality(String)),
    page UInt32,
    product_ids Array(UInt64),
    arrived_at DateTime64(3, 'UTC'),
    content UInt64,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY day
ORDER BY (day, toStartOfHour(occurred_at), type, product_id, event_id)
