-- Of the movement's order: when it was placed, which may be days before it was confirmed, and the client that placed it,
-- as in `events`. Rows of earlier releases are empty until `manage.py reconcile --repair` writes them again; movements
-- without an order stay empty.
ALTER TABLE order_facts ADD COLUMN IF NOT EXISTS placed_at DateTime64(3, 'UTC'),
    ADD COLUMN IF NOT EXISTS device LowCardinality(String),
    ADD COLUMN IF NOT EXISTS is_bot Bool,
    ADD COLUMN IF NOT EXISTS consent LowCardinality(String)
