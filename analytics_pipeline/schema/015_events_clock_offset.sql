-- What to add to the time in an event's id, in milliseconds, because its client's clock was wrong: 0 for most.
-- The copy that arrived first keeps its value, and neither `day` nor the order key depends on it.
ALTER TABLE events ADD COLUMN IF NOT EXISTS clock_offset Int32
