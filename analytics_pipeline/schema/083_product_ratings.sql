-- The ratings in reviews: the present one of each review. `is_published` is 0 for a review that isn't shown, was withdrawn or
-- was erased. `shopper_key` is nil without consent to tracking. Not partitioned, as `availability_changes`.
CREATE TABLE IF NOT EXISTS product_ratings
(
    review_id UInt64,
    product_id UInt64,
    shopper_key UUID,
    rating UInt8,
    rated_at DateTime64(3, 'UTC'),
    is_published UInt8,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY review_id
