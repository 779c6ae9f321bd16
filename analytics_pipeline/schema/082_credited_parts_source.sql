-- The sales, cancellations and returns of a period, divided among lists by a rule of credit. With `credit` = 'named' a
-- movement has one part, and the list is that of `credited_movements`. With 'first', 'last' and 'linear' all lists count
-- in which its product was shown to this shopper, logged in or earlier as a guest, in the `window_days` before the product
-- was added to the cart: the earliest has the whole amount, or the latest, or all have equal parts. A cancellation or
-- return is divided as its sale, because its time of the cart is that of its sale.
-- Every movement has at least one part; without a list, the columns of the list are empty. The parts of an amount add
-- up to it exactly: part n of N is trunc(amount * n / N) - trunc(amount * (n - 1) / N), in units of 0.0001.
CREATE OR REPLACE VIEW credited_parts AS
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    facts AS
    (
        SELECT
            found.local_day AS local_day,
            found.movement_id AS movement_id,
            found.kind AS kind,
            found.amount AS amount,
            found.quantity AS quantity,
            found.order_id AS order_id,
            found.product_id AS product_id,
            found.seller_id AS seller_id,
            found.currency AS currency,
            found.cart_added_at AS cart_added_at,
            found.shopper_key AS shopper_key,
            if(known.account_key != nil, known.account_key, found.shopper_key) AS shopper
        FROM
        (
            SELECT *, toDate(occurred_at, {time_zone:String}) AS local_day
            FROM order_facts FINAL
            WHERE {credit:String} != 'named'
              AND kind IN ('SALE', 'CANCEL', 'RETURN')
              AND toDate(occurred_at, {time_zone:String}) BETWEEN {start_date:Date} AND {end_date:Date}
        ) AS found
        LEFT JOIN shopper_identities AS known ON found.shopper_key = known.anonymous_key
    ),
    claims AS
    (
        SELECT product_id, shopper, shopper_key, toDate32(cart_added_at) AS day
        FROM facts
        WHERE shopper_key != nil AND cart_added_at > toDateTime64(0, 3, 'UTC')
    ),
    shown AS
    (
        SELECT
            found.event_id AS event_id,
            found.occurred_at AS occurred_at,
            if(known.account_key != nil, known.account_key, found.shopper_key) AS shopper,
            found.product_id AS product_id,
            (
                found.occurred_at, found.event_id, found.surface, found.query, found.slot, found.algorithm,
                found.list_version, found.rule_ids, found.pinned_ids, found.pinned_by, found.source
            ) AS list
        FROM
        (
            SELECT
                event_id, occurred_at, shopper_key, toString(surface) AS surface, lowerUTF8(trim(query)) AS query,
                toString(slot) AS slot, toString(algorithm) AS algorithm, toString(list_version) AS list_version,
                rule_ids, pinned_ids, pinned_by, arrayJoin(arrayDistinct(product_ids)) AS product_id,
                toString(sources[indexOf(product_ids, product_id)]) AS source
            FROM events FINAL
            WHERE day BETWEEN (SELECT min(day) FROM claims) - {window_days:UInt64} - 1 AND (SELECT max(day) FROM claims)
              AND type = 'exposure'
              AND shopper_key IN
              (
                  SELECT shopper_key FROM claims
                  UNION ALL
                  SELECT shopper FROM claims
                  UNION ALL
                  SELECT anonymous_key FROM shopper_identities WHERE account_key IN (SELECT shopper FROM claims)
              )
        ) AS found
        LEFT JOIN shopper_identities AS known ON found.shopper_key = known.anonymous_key
        WHERE found.product_id IN (SELECT product_id FROM claims)
    )
SELECT
    local_day,
    movement_id,
    kind,
    toDecimal128(amount, 4) * number / parts - toDecimal128(amount, 4) * (number - 1) / parts AS amount,
    parts,
    quantity,
    order_id,
    product_id,
    seller_id,
    currency,
    list.2 != nil AS credited,
    list.2 AS list_id,
    list.1 AS list_shown_at,
    list.3 AS surface,
    list.4 AS query,
    list.5 AS slot,
    list.6 AS algorithm,
    list.7 AS list_version,
    list.8 AS rule_ids,
    list.9 AS pinned_ids,
    list.10 AS pinned_by,
    list.11 AS source
FROM
(
    SELECT
        local_day, movement_id, toString(kind) AS kind, amount, quantity, order_id, product_id, seller_id,
        toString(currency) AS currency,
        [(
            list_shown_at, list_id, surface, query, slot, algorithm, list_version, rule_ids, pinned_ids, pinned_by,
            source
        )] AS lists
    FROM credited_movements(start_date = {start_date:Date}, end_date = {end_date:Date}, time_zone = {time_zone:String})
    WHERE {credit:String} = 'named'
    UNION ALL
    SELECT
        local_day, movement_id, kind, amount, quantity, order_id, product_id, seller_id, currency,
        multiIf(
            empty(counted), [nothing],
            {credit:String} = 'first', [counted[1]],
            {credit:String} = 'last', [counted[-1]],
            counted
        ) AS lists
    FROM
    (
        SELECT
            facts.local_day AS local_day,
            facts.movement_id AS movement_id,
            toString(any(facts.kind)) AS kind,
            any(facts.amount) AS amount,
            any(facts.quantity) AS quantity,
            any(facts.order_id) AS order_id,
            any(facts.product_id) AS product_id,
            any(facts.seller_id) AS seller_id,
            toString(any(facts.currency)) AS currency,
            arraySort(groupArrayIf(
                shown.list,
                shown.event_id != nil
                    AND shown.occurred_at <= facts.cart_added_at
                    AND shown.occurred_at >= facts.cart_added_at - toIntervalDay({window_days:UInt64})
            )) AS counted,
            defaultValueOfArgumentType(any(shown.list)) AS nothing
        FROM facts
        LEFT JOIN shown ON facts.shopper = shown.shopper AND facts.product_id = shown.product_id
        GROUP BY local_day, movement_id
    )
)
ARRAY JOIN
    lists AS list,
    arrayEnumerate(lists) AS number,
    arrayMap(each -> length(lists), lists) AS parts
