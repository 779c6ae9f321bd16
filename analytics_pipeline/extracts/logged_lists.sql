-- The recommendations of a slot that were shown in a period, and which of their products were clicked: one row for
-- each list. A click counts as in `list_counts_aggregate`; lists of bots are left out as there. What a guest was shown
-- counts for the account that the guest turned out to be. `propensities` is empty for lists without exploration.
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    bots AS
    (
        SELECT day, shopper_key
        FROM events FINAL
        WHERE day BETWEEN toDate({start:DateTime64(3, 'UTC')}) - 8 AND toDate({end:DateTime64(3, 'UTC')}) + 1 AND is_bot
    ),
    clicks AS
    (
        SELECT exposure_id, groupUniqArray(product_id) AS products
        FROM events FINAL
        WHERE day BETWEEN toDate({start:DateTime64(3, 'UTC')}) - 1 AND toDate({end:DateTime64(3, 'UTC')}) + 9
          AND type = 'click'
          AND exposure_id != nil
          AND reported_at >= UUIDv7ToDateTime(exposure_id, 'UTC') - INTERVAL 1 DAY
          AND reported_at < UUIDv7ToDateTime(exposure_id, 'UTC') + INTERVAL 8 DAY
        GROUP BY exposure_id
    )
SELECT
    toString(shown.event_id) AS list_id,
    toString(if(known.account_key = nil, shown.shopper_key, known.account_key)) AS shopper,
    shown.product_ids AS product_ids,
    arrayMap(each -> toFloat64(each), shown.propensities) AS propensities,
    arrayMap(each -> toUInt8(has(clicks.products, each)), shown.product_ids) AS clicked
FROM
(
    SELECT event_id, day, shopper_key, product_ids, propensities
    FROM events FINAL
    WHERE day BETWEEN toDate({start:DateTime64(3, 'UTC')}) - 8 AND toDate({end:DateTime64(3, 'UTC')}) + 1
      AND type = 'exposure'
      AND surface = 'recommendations'
      AND slot = {slot:String}
      AND reported_at >= {start:DateTime64(3, 'UTC')}
      AND reported_at < {end:DateTime64(3, 'UTC')}
      AND shopper_key != nil
      AND NOT is_bot
      AND notEmpty(product_ids)
) AS shown
LEFT JOIN clicks ON clicks.exposure_id = shown.event_id
LEFT JOIN shopper_identities AS known ON known.anonymous_key = shown.shopper_key
WHERE (shown.day, shown.shopper_key) NOT IN (SELECT day, shopper_key FROM bots)
ORDER BY list_id
