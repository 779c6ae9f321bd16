-- When variants became available, and when they were sold out: one row for each change, in the order of change_id.
-- Not partitioned: an id that is used again after a restored dump replaces its earlier row whatever its time is.
CREATE TABLE IF NOT EXISTS availability_changes
(
    change_id UInt64,
    variant_id UInt64,
    product_id UInt64,
    is_available UInt8,
    changed_at DateTime64(3, 'UTC'),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY change_id
