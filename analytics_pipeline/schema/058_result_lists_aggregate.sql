-- Each list of search results and what came of it: the rollup is filled from it, and dirty days are read from it.
-- `query` is the same however it is capitalised. A response counts if its product is in the list that it names,
-- from a day before it (clients' clocks are wrong) to eight days after it; rollups.touched_days marks the list's
-- day dirty when one arrives. Positions count from 1 through all pages and come from the list, not from the
-- client. Earlier lists have no first_position: their pages are taken for full.
-- A list is a bot's if it, or a response to it that counts, was requested or sent by a known bot.
-- Reports read this view, so that it is also kept quick to analyse: each table is named once. It replaces
-- search_lists_aggregate, which doesn't know bots, and query_results_aggregate, whose sums can be computed from lists.
CREATE OR REPLACE VIEW result_lists_aggregate AS
WITH
    arrayFilter(response -> has(shown.product_ids, response.4), responses.sent) AS counted,
    arraySort(arrayFilter(response -> response.3 = 'click', counted)) AS clicked,
    arrayMap(response -> toUInt64(shown.first + indexOf(shown.product_ids, response.4) - 1), clicked) AS positions
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
    length(positions) AS clicks,
    arraySum(positions) AS click_positions,
    positions[1] AS first_click_position,
    toUInt64(arrayCount(response -> response.3 = 'cart_add', counted)) AS cart_adds,
    toUInt64(arrayCount(response -> response.3 = 'carted', counted)) AS carted,
    shown.is_bot OR arrayExists(response -> response.5, counted) AS is_bot
FROM
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
        if(first_position > 0, first_position, (page - 1) * length(product_ids) + 1) AS first,
        product_ids,
        is_bot
    FROM events FINAL
    WHERE day IN ({days:Array(Date)}) AND type = 'exposure' AND surface = 'search'
) AS shown
LEFT JOIN
(
    SELECT exposure_id, groupArray((reported_at, event_id, toString(type), product_id, is_bot)) AS sent
    FROM events FINAL
    WHERE day IN (arrayFlatten(arrayMap(shown_on -> arrayMap(n -> shown_on + n - 1, range(10)), {days:Array(Date)})))
      AND type IN ('click', 'cart_add', 'carted')
      AND toDate(UUIDv7ToDateTime(exposure_id, 'UTC')) IN ({days:Array(Date)})
      AND reported_at >= UUIDv7ToDateTime(exposure_id, 'UTC') - INTERVAL 1 DAY
      AND reported_at < UUIDv7ToDateTime(exposure_id, 'UTC') + INTERVAL 8 DAY
    GROUP BY exposure_id
) AS responses ON shown.event_id = responses.exposure_id
