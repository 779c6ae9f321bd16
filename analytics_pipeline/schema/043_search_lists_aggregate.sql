-- Each list of search results and what came of it: the rollup is filled from it, and dirty days are read from it.
-- `query` is the same however it is capitalised. A response counts if its product is in the list that it names,
-- from a day before it (clients' clocks are wrong) to eight days after it; rollups.touched_days marks the list's
-- day dirty when one arrives. Positions count from 1 through all pages and come from the list, not from the
-- client. Earlier lists have no first_position: their pages are taken for full.
CREATE OR REPLACE VIEW search_lists_aggregate AS
WITH
    shown AS
    (
        SELECT
            day,
            event_id,
            reported_at,
            lowerUTF8(trim(query)) AS query,
            filters,
            rule_ids,
            shopper_key,
            page,
            if(first_position > 0, first_position, (page - 1) * length(product_ids) + 1) AS first_position,
            product_ids
        FROM events FINAL
        WHERE day IN ({days:Array(Date)}) AND type = 'exposure' AND surface = 'search'
    ),
    responses AS
    (
        SELECT
            exposure_id,
            countIf(type = 'click') AS clicks,
            sumIf(position, type = 'click') AS click_positions,
            argMinIf(position, (responded_at, response_id), type = 'click') AS first_click_position,
            countIf(type = 'cart_add') AS cart_adds,
            countIf(type = 'carted') AS carted
        FROM
        (
            SELECT
                sent.exposure_id AS exposure_id,
                sent.event_id AS response_id,
                sent.reported_at AS responded_at,
                sent.type AS type,
                shown.first_position + indexOf(shown.product_ids, sent.product_id) - 1 AS position
            FROM
            (
                SELECT event_id, exposure_id, reported_at, type, product_id
                FROM events FINAL
                WHERE day IN (arrayFlatten(arrayMap(shown_on -> arrayMap(n -> shown_on + n - 1, range(10)), {days:Array(Date)})))
                  AND type IN ('click', 'cart_add', 'carted')
                  AND exposure_id IN (SELECT event_id FROM shown)
                  AND reported_at >= UUIDv7ToDateTime(exposure_id, 'UTC') - INTERVAL 1 DAY
                  AND reported_at < UUIDv7ToDateTime(exposure_id, 'UTC') + INTERVAL 8 DAY
            ) AS sent
            INNER JOIN shown ON sent.exposure_id = shown.event_id
            WHERE has(shown.product_ids, sent.product_id)
        )
        GROUP BY exposure_id
    )
SELECT
    shown.day AS day,
    shown.event_id AS exposure_id,
    shown.reported_at AS shown_at,
    shown.query AS query,
    shown.filters AS filters,
    shown.rule_ids AS rule_ids,
    shown.shopper_key AS shopper_key,
    shown.page AS page,
    length(shown.product_ids) AS products,
    responses.clicks AS clicks,
    responses.click_positions AS click_positions,
    responses.first_click_position AS first_click_position,
    responses.cart_adds AS cart_adds,
    responses.carted AS carted
FROM shown
LEFT JOIN responses ON shown.event_id = responses.exposure_id
