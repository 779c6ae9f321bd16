-- What the request said about its client's clock, so that a replay judges the event as its arrival did.
ALTER TABLE dead_letters ADD COLUMN IF NOT EXISTS clock_offset Int64
