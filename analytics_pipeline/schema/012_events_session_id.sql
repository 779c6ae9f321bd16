-- The visit in which an event happened, as the client names it; the nil UUID where it names none.
ALTER TABLE events ADD COLUMN IF NOT EXISTS session_id UUID
