-- When an event happened, as reports count it.
ALTER TABLE events ADD COLUMN IF NOT EXISTS reported_at DateTime64(3, 'UTC')
ALIAS occurred_at + toIntervalMillisecond(clock_offset)
