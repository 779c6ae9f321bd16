-- Which guest's id turned out to be which shopper: what was shown to the one was shown to the other.
CREATE TABLE IF NOT EXISTS shopper_links
(
    anonymous_key UUID,
    shopper_key UUID,
    linked_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (anonymous_key, shopper_key)
