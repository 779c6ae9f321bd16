-- The runs of events of one shopper within one day (UTC) without a pause of 30 minutes: the rollup is filled from it,
-- and dirty days are read from it. Reports join the parts of a shopper into sessions (view `sessions`), for which the
-- parts' beginnings and ends are enough, because there is no pause inside of a part.
-- `day` is the partition, the day in the events' ids; clocks may have been corrected by up to a day, so that one
-- partition has parts of up to three days. A time that nothing happened at is 1970-01-01.
CREATE OR REPLACE VIEW session_parts_aggregate AS
SELECT
    day,
    shopper_key,
    min(reported_at) AS started_at,
    max(reported_at) AS ended_at,
    count() AS events,
    countIf(type = 'page_view') AS page_views,
    countIf(type = 'view') AS views,
    countIf(type = 'exposure' AND surface = 'search' AND page = 1) AS searches,
    minIf(reported_at, type = 'page_view') AS landed_at,
    -- Of page views at the same time, the least value counts. Query strings of addresses can be personal.
    minIf((reported_at, cutQueryStringAndFragment(path)), type = 'page_view').2 AS landing,
    minIf((reported_at, if(source = '', domainWithoutWWW(referrer), toString(source))), type = 'page_view').2 AS visit_source,
    minIf((reported_at, toString(campaign)), type = 'page_view').2 AS visit_campaign,
    minIf(reported_at, device != '') AS device_at,
    minIf((reported_at, toString(device)), device != '').2 AS visit_device,
    max(is_bot) AS is_bot,
    minIf(reported_at, type = 'view') AS viewed_at,
    arraySort(groupUniqArrayIf(reported_at, type = 'carted')) AS carted_at,
    arraySort(groupUniqArrayIf(reported_at, type = 'checkout')) AS checked_out_at,
    arraySort(groupUniqArrayIf(reported_at, type = 'order')) AS ordered_at,
    arraySort(groupUniqArrayIf(order_id, order_id != 0)) AS order_ids
FROM
(
    SELECT
        *,
        -- With RANGE, events at the same time are in one run, in whatever order they were sorted.
        maxIf(reported_at, is_first) OVER
        (
            PARTITION BY day, date, shopper_key ORDER BY reported_at RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS began_at
    FROM
    (
        SELECT
            *,
            toDate(reported_at) AS date,
            reported_at >= addMinutes(lagInFrame(reported_at) OVER
            (
                PARTITION BY day, date, shopper_key ORDER BY reported_at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
            ), 30) AS is_first
        FROM
        (
            SELECT
                day, shopper_key, reported_at, type, surface, page, path, referrer, source, campaign,
                device, is_bot, order_id
            FROM events FINAL
            WHERE day IN ({days:Array(Date)}) AND shopper_key != toUUID('00000000-0000-0000-0000-000000000000')
        )
    )
)
GROUP BY day, date, shopper_key, began_at
