-- What shoppers looked for, by product and quarter hour: views of the product's page, lists of search results with it,
-- and additions to wishlists. The rollup is filled from it, and dirty days are read from it.
CREATE OR REPLACE VIEW product_interest_aggregate AS
SELECT
    day,
    toDateTime(toStartOfInterval(reported_at, INTERVAL 15 MINUTE), 'UTC') AS quarter,
    arrayJoin(if(type = 'exposure', arrayDistinct(product_ids), [product_id])) AS product_id,
    is_bot,
    countIf(type = 'view') AS views,
    countIf(type = 'exposure') AS lists,
    countIf(type = 'wishlist_add') AS wishes
FROM events FINAL
WHERE day IN ({days:Array(Date)}) AND (type IN ('view', 'wishlist_add') OR (type = 'exposure' AND surface = 'search'))
GROUP BY day, quarter, product_id, is_bot
