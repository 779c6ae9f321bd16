-- The client that sent an event: its class of device ('desktop', 'mobile', 'tablet', 'other'), whether it is a known bot,
-- and whether the shopper consented to tracking ('granted') or wasn't asked ('unknown'). Empty and false for events of the
-- server and for events that were stored before these columns existed.
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS device LowCardinality(String),
    ADD COLUMN IF NOT EXISTS is_bot Bool,
    ADD COLUMN IF NOT EXISTS consent LowCardinality(String)
