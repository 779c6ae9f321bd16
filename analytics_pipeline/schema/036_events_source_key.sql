-- The network from which a client sent an event, as a keyed hash whose key is deleted after two days
-- (sources.py); 0 for events of the server and for events that were stored before this column existed.
ALTER TABLE events ADD COLUMN IF NOT EXISTS source_key UInt64
