-- What each shopper did with each product, by quarter hour (UTC): the rollup is filled from it, and dirty days are read
-- from it. A time at which nothing happened is 1970-01-01. Views by bots are in rows of their own.
CREATE OR REPLACE VIEW product_visits_aggregate AS
SELECT
    day,
    toDateTime(toStartOfInterval(reported_at, INTERVAL 15 MINUTE), 'UTC') AS quarter,
    product_id,
    shopper_key,
    is_bot,
    countIf(type = 'view') AS views,
    minIf(reported_at, type = 'view') AS viewed_at,
    maxIf(reported_at, type = 'carted') AS carted_at,
    maxIf(reported_at, type = 'order') AS ordered_at
FROM events FINAL
WHERE day IN ({days:Array(Date)}) AND type IN ('view', 'carted', 'order')
GROUP BY day, quarter, product_id, shopper_key, is_bot
