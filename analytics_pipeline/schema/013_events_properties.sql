-- What a shop adds to its events; numbers and truth values are written as in JSON.
ALTER TABLE events ADD COLUMN IF NOT EXISTS properties Map(String, String)
