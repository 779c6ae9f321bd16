-- The sales, cancellations and returns of a period, with the list that each is credited to: the one definition of
-- credit. A movement is credited if its product was in the list that it names, and that list was shown to this
-- shopper, logged in or earlier as a guest, before the product was added to the cart. Of a movement that isn't
-- credited, the columns of the list are empty. `source` is where a list of recommendations found the product.
CREATE OR REPLACE VIEW credited_movements AS
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    facts AS
    (
        SELECT *, toDate(occurred_at, {time_zone:String}) AS local_day
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
        SELECT
            event_id, occurred_at, shopper_key, surface, lowerUTF8(trim(query)) AS query, filters, slot, algorithm,
            list_version, product_ids, sources, rule_ids, pinned_ids, pinned_by,
            if(first_position > 0, first_position, (page - 1) * length(product_ids) + 1) AS first
        FROM events FINAL
        WHERE day IN (SELECT day FROM claims)
          AND type = 'exposure'
          AND event_id IN (SELECT exposure_id FROM claims)
          AND shopper_key != nil
    )
SELECT
    facts.local_day AS local_day,
    facts.movement_id AS movement_id,
    facts.kind AS kind,
    facts.amount AS amount,
    facts.quantity AS quantity,
    facts.order_id AS order_id,
    facts.product_id AS product_id,
    facts.seller_id AS seller_id,
    facts.currency AS currency,
    has(lists.product_ids, facts.product_id)
        AND lists.occurred_at <= facts.cart_added_at
        AND if(shown_to.account_key != nil, shown_to.account_key, lists.shopper_key)
            = if(bought_by.account_key != nil, bought_by.account_key, facts.shopper_key) AS credited,
    if(credited, lists.event_id, nil) AS list_id,
    if(credited, lists.occurred_at, toDateTime64(0, 3, 'UTC')) AS list_shown_at,
    if(credited, toString(lists.surface), '') AS surface,
    if(credited, lists.query, '') AS query,
    if(credited, lists.filters, '') AS filters,
    if(credited, toString(lists.slot), '') AS slot,
    if(credited, toString(lists.algorithm), '') AS algorithm,
    if(credited, toString(lists.list_version), '') AS list_version,
    if(credited, toUInt64(lists.first + indexOf(lists.product_ids, facts.product_id) - 1), 0) AS position,
    if(credited, lists.rule_ids, []) AS rule_ids,
    if(credited, lists.pinned_ids, []) AS pinned_ids,
    if(credited, lists.pinned_by, []) AS pinned_by,
    -- The source of a list of an earlier release isn't known.
    if(credited, toString(lists.sources[indexOf(lists.product_ids, facts.product_id)]), '') AS source
FROM facts
LEFT JOIN lists ON facts.exposure_id = lists.event_id
LEFT JOIN shopper_identities AS shown_to ON lists.shopper_key = shown_to.anonymous_key
LEFT JOIN shopper_identities AS bought_by ON facts.shopper_key = bought_by.anonymous_key
