-- What each query, recommendation slot or other list earned; the row without a surface is what nothing earned.
-- A movement is credited if its product was in the list that it names, and that list was shown to this
-- shopper, under an account or as the guest who became it, before the product went into the cart.
-- A query is the same however it is capitalised, as in queries.sql.
-- scope: staff
-- start_date: the first day
-- end_date: the last day
WITH facts AS
(
    SELECT *
    FROM order_facts FINAL
    WHERE kind IN ('SALE', 'CANCEL', 'RETURN')
      AND toDate(occurred_at, {time_zone:String}) BETWEEN {start_date:Date} AND {end_date:Date}
),
claims AS
(
    SELECT DISTINCT exposure_id, toDate(UUIDv7ToDateTime(exposure_id, 'UTC')) AS day
    FROM facts
    WHERE exposure_id != toUUID('00000000-0000-0000-0000-000000000000')
),
lists AS
(
    SELECT event_id, occurred_at, shopper_key, surface, lowerUTF8(trim(query)) AS query, slot, algorithm,
           product_ids
    FROM events FINAL
    WHERE day IN (SELECT day FROM claims)
      AND type = 'exposure'
      AND event_id IN (SELECT exposure_id FROM claims)
      AND shopper_key != toUUID('00000000-0000-0000-0000-000000000000')
),
judged AS
(
    SELECT
        facts.kind AS kind,
        facts.amount AS amount,
        facts.quantity AS quantity,
        facts.order_id AS order_id,
        facts.currency AS currency,
        has(lists.product_ids, facts.product_id)
            AND lists.occurred_at <= facts.cart_added_at
            AND (
                lists.shopper_key = facts.shopper_key
                OR (lists.shopper_key, facts.shopper_key)
                    IN (SELECT anonymous_key, shopper_key FROM shopper_links FINAL)
            ) AS credited,
        if(credited, toString(lists.surface), '') AS surface,
        if(credited, lists.query, '') AS query,
        if(credited, toString(lists.slot), '') AS slot,
        if(credited, toString(lists.algorithm), '') AS algorithm
    FROM facts
    LEFT JOIN lists ON facts.exposure_id = lists.event_id
)
SELECT
    surface,
    query,
    slot,
    algorithm,
    sumIf(quantity, kind = 'SALE') AS units,
    uniqExactIf(order_id, kind = 'SALE') AS orders,
    sumIf(amount, kind = 'SALE') AS gross,
    sumIf(amount, kind IN ('CANCEL', 'RETURN')) AS returns,
    gross - returns AS revenue,
    currency
FROM judged
GROUP BY surface, query, slot, algorithm, currency
ORDER BY surface = '', revenue DESC, surface, query, slot, algorithm, currency
