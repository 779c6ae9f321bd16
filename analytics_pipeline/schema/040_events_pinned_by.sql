-- The query rule that decided the place of each of `pinned_ids`.
ALTER TABLE events ADD COLUMN IF NOT EXISTS pinned_by Array(UInt64)
