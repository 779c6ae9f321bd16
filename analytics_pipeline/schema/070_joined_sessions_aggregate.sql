-- The sessions whose first part is of one of the days: the rollup is filled from it, and dirty days are read from it.
-- docs/decisions/sessions.md defines sessions. Guests and the accounts that they turned out to be are one shopper, whose
-- key is `shopper_key`. `day` is the partition of the first part, the day in its events' ids. Parts are read from three
-- days before `days` (two because of corrected clocks, one for the part that may end less than 30 minutes before) until
-- three days after them (two because of corrected clocks, one because a session may last until the end of the next day).
-- `reached_…` are the times of the steps of the funnel. A time that nothing happened at is 1970-01-01.
CREATE OR REPLACE VIEW joined_sessions_aggregate AS
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    toDateTime64(0, 3, 'UTC') AS never
SELECT
    minIf(parts.day, parts.started_at = began_at) AS day,
    shopper AS shopper_key,
    began_at,
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
    arrayFirst(time -> viewed_at != never AND time >= viewed_at, carted_at) AS reached_cart,
    arrayFirst(time -> reached_cart != never AND time >= reached_cart, checked_out_at) AS reached_checkout,
    arrayFirst(time -> reached_checkout != never AND time >= reached_checkout, ordered_at) AS reached_order,
    -- Of entries at the same time, the least value counts.
    minIf((parts.device_at, parts.visit_device), parts.visit_device != '').2 AS device,
    minIf((parts.landed_at, parts.landing), parts.page_views > 0).2 AS landing,
    minIf((parts.landed_at, parts.visit_source), parts.page_views > 0).2 AS source,
    minIf((parts.landed_at, parts.visit_campaign), parts.page_views > 0).2 AS campaign
FROM
(
    SELECT
        *,
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
        FROM session_parts(dirty_days = {dirty_parts:Array(Date)}) AS found
        LEFT JOIN shopper_identities AS known ON found.shopper_key = known.anonymous_key
        WHERE day IN (SELECT toDate(arrayJoin(range(
            toUInt32(greatest(toInt32(toUInt16(around)) - 3, 0)), toUInt32(least(toUInt16(around) + 4, 65536))
        ))) FROM (SELECT arrayJoin({days:Array(Date)}) AS around))
    )
) AS parts
WHERE toDate32(parts.started_at) <= toDate32(began_at) + 1
GROUP BY shopper, began_at
HAVING day IN ({days:Array(Date)})
