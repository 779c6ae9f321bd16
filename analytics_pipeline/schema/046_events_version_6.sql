-- The fields that version 6 of the vocabulary adds: page views, facets, dwell time, wishlists, the steps of the
-- checkout, ratings, shares, events with the shop's own names, and the order of an `order` event.
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS path String,
    ADD COLUMN IF NOT EXISTS referrer String,
    ADD COLUMN IF NOT EXISTS source LowCardinality(String),
    ADD COLUMN IF NOT EXISTS medium LowCardinality(String),
    ADD COLUMN IF NOT EXISTS campaign LowCardinality(String),
    ADD COLUMN IF NOT EXISTS view_id UUID,
    ADD COLUMN IF NOT EXISTS visible_ms UInt32,
    ADD COLUMN IF NOT EXISTS facet LowCardinality(String),
    ADD COLUMN IF NOT EXISTS value String,
    ADD COLUMN IF NOT EXISTS is_selected Bool,
    ADD COLUMN IF NOT EXISTS step LowCardinality(String),
    ADD COLUMN IF NOT EXISTS rating UInt8,
    ADD COLUMN IF NOT EXISTS channel LowCardinality(String),
    ADD COLUMN IF NOT EXISTS name LowCardinality(String),
    ADD COLUMN IF NOT EXISTS order_id UInt64
