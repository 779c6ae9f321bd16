-- The type of a refused event, if it is known, and the kind of the reason (`validation.Fault`); empty in letters of earlier
-- releases.
ALTER TABLE dead_letters ADD COLUMN IF NOT EXISTS type LowCardinality(String),
    ADD COLUMN IF NOT EXISTS fault LowCardinality(String)
