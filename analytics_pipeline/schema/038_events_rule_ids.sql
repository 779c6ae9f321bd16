-- The query rules that changed a list.
ALTER TABLE events ADD COLUMN IF NOT EXISTS rule_ids Array(UInt64)
