-- A set may be fed by a view: to insert into it twice changes nothing.
CREATE MATERIALIZED VIEW IF NOT EXISTS event_contents_writer TO event_contents AS
SELECT day, event_id, content, type, product_id
FROM events
