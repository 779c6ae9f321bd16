-- What couldn't become an event, as it came and why, until it is replayed or dropped.
CREATE TABLE IF NOT EXISTS dead_letters
(
    entry String,
    position UInt32,
    arrived_at DateTime64(3, 'UTC'),
    shopper_key UUID,
    reason String,
    payload String,
    replayed UInt8
)
ENGINE = ReplacingMergeTree(replayed)
ORDER BY (entry, position)
