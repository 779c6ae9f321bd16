-- How many events intake refused in each request, by type (empty if it isn't known) and kind of reason; also those that no
-- dead letter is kept of. A request is one entry of the stream, so that storing it again changes nothing.
CREATE TABLE IF NOT EXISTS refused_events
(
    entry String,
    type LowCardinality(String),
    fault LowCardinality(String),
    arrived_at DateTime64(3, 'UTC'),
    events UInt32
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(arrived_at)
ORDER BY (entry, type, fault)
