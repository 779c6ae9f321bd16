-- The products of a list whose place a query rule decided.
ALTER TABLE events ADD COLUMN IF NOT EXISTS pinned_ids Array(UInt64)
