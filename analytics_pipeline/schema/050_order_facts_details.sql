-- Of the units of a movement: the discount without tax (amount + discount is their list price without tax), the tax on
-- `amount`, the brand when they were sold, and the country of delivery. Rows of earlier releases are empty until
-- `manage.py reconcile --repair` writes them again.
ALTER TABLE order_facts ADD COLUMN IF NOT EXISTS discount Decimal(18, 4),
    ADD COLUMN IF NOT EXISTS tax Decimal(18, 4),
    ADD COLUMN IF NOT EXISTS brand LowCardinality(String),
    ADD COLUMN IF NOT EXISTS country LowCardinality(String)
