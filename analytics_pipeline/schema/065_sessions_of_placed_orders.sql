-- The sessions that begin in a period: docs/decisions/sessions.md defines them. Guests and the accounts that they
-- turned out to be are one shopper. Sessions that begin up to two days before the period are included, because their
-- orders may lie in it: reports filter by `local_day`, the day of the beginning in the shop's time zone.
-- Parts are read from four days before the period (two for those sessions, one because of the time zone, one because
-- of corrected clocks) until three days after it (a session may last until the end of the next day).
-- `segment` is the value of the breakdown. A customer bought something when the order was placed.
CREATE OR REPLACE VIEW sessions AS
WITH toUUID('00000000-0000-0000-0000-000000000000') AS nil
SELECT
    shopper,
    began_at,
    toDate(began_at, {time_zone:String}) AS local_day,
    max(parts.ended_at) AS finished_at,
    sum(parts.events) AS events,
    sum(parts.page_views) AS page_views,
    sum(parts.views) AS views,
    sum(parts.searches) AS searches,
    max(parts.is_bot) AS is_bot,
    minIf(parts.viewed_at, parts.views > 0) AS viewed_at,
    arraySort(groupArrayArray(parts.carted_at)) AS carted_at,
    arraySort(groupArrayArray(parts.checked_out_at)) AS checked_out_at,
    arraySort(groupArrayArray(parts.ordered_at)) AS ordered_at,
    arrayDistinct(groupArrayArray(parts.order_ids)) AS order_ids,
    -- The least entry is the earliest one, and of those at the same time that with the least value.
    substring(minIf(parts.entry, parts.entry != ''), 16) AS entered,
    multiIf(
        {breakdown:String} = 'none', '',
        {breakdown:String} = 'customer_type', multiIf(
            max(bought.buyer != nil AND bought.first_at < began_at), 'returning',
            max(bought.is_account), 'new',
            'guest'
        ),
        entered != '', entered,
        {breakdown:String} = 'campaign', 'none',
        {breakdown:String} = 'source' AND page_views > 0, 'direct',
        'unknown'
    ) AS segment
FROM
(
    SELECT
        *,
        if(
            {breakdown:String} = 'device',
            if(visit_device = '', '', concat(leftPad(toString(toUnixTimestamp64Milli(device_at)), 15, '0'), visit_device)),
            if(
                {breakdown:String} IN ('landing', 'source', 'campaign') AND page_views > 0,
                concat(
                    leftPad(toString(toUnixTimestamp64Milli(landed_at)), 15, '0'),
                    multiIf(
                        {breakdown:String} = 'landing', landing,
                        {breakdown:String} = 'source', visit_source,
                        visit_campaign
                    )
                ),
                ''
            )
        ) AS entry,
        maxIf(started_at, is_first) OVER
        (
            PARTITION BY shopper ORDER BY started_at RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS began_at
    FROM
    (
        SELECT
            found.*,
            if(known.account_key != nil, known.account_key, found.shopper_key) AS shopper,
            started_at >= addMinutes(max(ended_at) OVER
            (
                PARTITION BY shopper ORDER BY started_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), 30) AS is_first
        FROM session_parts(dirty_days = {dirty_days:Array(Date)}) AS found
        LEFT JOIN shopper_identities AS known ON found.shopper_key = known.anonymous_key
        WHERE day BETWEEN toDate32({start_date:Date}) - 4 AND toDate32({end_date:Date}) + 3
    )
) AS parts
LEFT JOIN
(
    SELECT buyer, min(bought_at) AS first_at, max(has_account) AS is_account
    FROM
    (
        SELECT
            multiIf(customer_key != nil, customer_key, known.account_key != nil, known.account_key, facts.shopper_key)
                AS buyer,
            -- Rows of earlier releases have no placed_at.
            if(placed_at = toDateTime64(0, 3, 'UTC'), occurred_at, placed_at) AS bought_at,
            customer_key != nil AS has_account
        FROM (SELECT * FROM order_facts FINAL WHERE kind = 'SALE' AND {breakdown:String} = 'customer_type') AS facts
        LEFT JOIN shopper_identities AS known ON facts.shopper_key = known.anonymous_key
        UNION ALL
        SELECT shopper_key, toDateTime64('2149-06-06 00:00:00', 3, 'UTC'), true
        FROM shopper_links
        WHERE {breakdown:String} = 'customer_type'
    )
    GROUP BY buyer
) AS bought ON parts.shopper = bought.buyer
WHERE toDate32(parts.started_at) <= toDate32(began_at) + 1
GROUP BY shopper, began_at
HAVING local_day BETWEEN toDate32({start_date:Date}) - 2 AND {end_date:Date}
   AND ({bots:String} = 'include' OR is_bot = ({bots:String} = 'only'))
