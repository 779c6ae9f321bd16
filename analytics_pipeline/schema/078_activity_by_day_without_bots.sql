-- For analysts: events by day (UTC), product and type. A list counts once for every product in it. Events of known bots
-- are left out.
CREATE OR REPLACE VIEW activity_by_day
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    toDate(reported_at, 'UTC') AS day,
    arrayJoin(if(type IN ('exposure', 'seen'), arrayDistinct(product_ids), [product_id])) AS product_id,
    type,
    count() AS events,
    sum(quantity) AS quantity
FROM events FINAL
WHERE NOT is_bot
GROUP BY day, product_id, type
