-- The catalogue as it is now: what reports name and what models learn from.
CREATE TABLE IF NOT EXISTS products
(
    product_id UInt64,
    title String,
    description String,
    brand LowCardinality(String),
    category_id UInt64,
    category_path LowCardinality(String),
    seller_id UInt64,
    price Decimal(18, 2),
    currency LowCardinality(String),
    attributes Map(String, Array(String)),
    is_active UInt8,
    available Int64,
    rating_average Float64,
    rating_count UInt64,
    created_at DateTime64(3, 'UTC'),
    deleted UInt8,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY product_id
