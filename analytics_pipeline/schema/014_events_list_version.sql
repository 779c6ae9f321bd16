-- Which model version or index generation made a list that was shown.
ALTER TABLE events ADD COLUMN IF NOT EXISTS list_version LowCardinality(String)
