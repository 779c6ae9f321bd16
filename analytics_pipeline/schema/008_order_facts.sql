-- The movements of money and units in orders, one row a movement, in the order ledger's own words.
-- Quantities and amounts are positive; `kind` says which way: sale, cancel, return, refund.
-- `amount` is the line after discounts, without tax, shipping and charges.
CREATE TABLE IF NOT EXISTS order_facts
(
    movement_id UInt64,
    kind LowCardinality(String),
    occurred_at DateTime64(3, 'UTC'),
    order_id UInt64,
    order_item_id UInt64,
    product_id UInt64,
    variant_id UInt64,
    seller_id UInt64,
    category_path LowCardinality(String),
    quantity Int64,
    amount Decimal(18, 2),
    currency LowCardinality(String),
    customer_key UUID,
    shopper_key UUID,
    exposure_id UUID,
    cart_added_at DateTime64(3, 'UTC'),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY movement_id
