-- For analysts: what was searched for, by day (UTC). Searches are first pages; an empty one found nothing. Searches of
-- known bots are left out.
CREATE OR REPLACE VIEW searches_by_day
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    toDate(reported_at, 'UTC') AS day,
    lowerUTF8(trim(query)) AS searched,
    count() AS searches,
    countIf(empty(product_ids)) AS empty_searches,
    uniqExactIf(shopper_key, shopper_key != toUUID('00000000-0000-0000-0000-000000000000')) AS shoppers
FROM events FINAL
WHERE type = 'exposure' AND surface = 'search' AND query != '' AND page = 1 AND NOT is_bot
GROUP BY day, searched
