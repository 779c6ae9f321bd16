/*
description = """
The revenue of each query, recommendation slot or other list. The row without a surface is the revenue that is
credited to no list. A movement is credited if its product was in the list that it names, and that list was
shown to this shopper, logged in or earlier as a guest, before the product was added to the cart."""
scope = ["staff"]

[parameters]
start_date = "shared"
end_date = "shared"

[columns]
surface = { type = "String", description = "search, category, recommendations …; empty for revenue that is not credited." }
query = { type = "String", description = "The search query, in lower case." }
slot = { type = "String", description = "The slot in which recommendations were shown." }
algorithm = { type = "String", description = "The algorithm that made the list." }
units = { type = "Int64", description = "Units that were sold." }
orders = { type = "UInt64", description = "Orders that were confirmed." }
gross = { type = "Decimal(38, 4)", description = "Amount of the sales." }
returns = { type = "Decimal(38, 4)", description = "Amount of the cancellations and returns." }
revenue = { type = "Decimal(38, 4)", description = "gross - returns." }
currency = { type = "String", description = "ISO 4217." }
*/
WITH toUUID('00000000-0000-0000-0000-000000000000') AS nil,
facts AS
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
    WHERE exposure_id != nil
),
lists AS
(
    SELECT event_id, occurred_at, shopper_key, surface, lowerUTF8(trim(query)) AS query, slot, algorithm,
           product_ids
    FROM events FINAL
    WHERE day IN (SELECT day FROM claims)
      AND type = 'exposure'
      AND event_id IN (SELECT exposure_id FROM claims)
      AND shopper_key != nil
),
movements AS
(
    SELECT
        facts.kind AS kind,
        facts.amount AS amount,
        facts.quantity AS quantity,
        facts.order_id AS order_id,
        facts.currency AS currency,
        has(lists.product_ids, facts.product_id)
            AND lists.occurred_at <= facts.cart_added_at
            AND if(shown_to.account_key != nil, shown_to.account_key, lists.shopper_key)
                = if(bought_by.account_key != nil, bought_by.account_key, facts.shopper_key) AS credited,
        if(credited, toString(lists.surface), '') AS surface,
        if(credited, lists.query, '') AS query,
        if(credited, toString(lists.slot), '') AS slot,
        if(credited, toString(lists.algorithm), '') AS algorithm
    FROM facts
    LEFT JOIN lists ON facts.exposure_id = lists.event_id
    LEFT JOIN shopper_identities AS shown_to ON lists.shopper_key = shown_to.anonymous_key
    LEFT JOIN shopper_identities AS bought_by ON facts.shopper_key = bought_by.anonymous_key
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
FROM movements
GROUP BY surface, query, slot, algorithm, currency
ORDER BY surface = '', revenue DESC, surface, query, slot, algorithm, currency
