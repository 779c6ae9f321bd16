-- The one definition of a count of events of a product: the rollup is filled from it, and dirty days are read from it.
-- A list counts once for every product in it. `day` is the partition, the day in the event's id; `quarter` has
-- the client's clock corrected. Events of known bots are in rows of their own. It replaces event_aggregate, which has
-- no mark of bots.
CREATE OR REPLACE VIEW product_counts_aggregate AS
SELECT
    day,
    toDateTime(toStartOfInterval(reported_at, INTERVAL 15 MINUTE), 'UTC') AS quarter,
    arrayJoin(if(type IN ('exposure', 'seen'), arrayDistinct(product_ids), [product_id])) AS product_id,
    type,
    is_bot,
    count() AS events,
    sum(quantity) AS quantity
FROM events FINAL
WHERE day IN ({days:Array(Date)})
GROUP BY day, quarter, product_id, type, is_bot
