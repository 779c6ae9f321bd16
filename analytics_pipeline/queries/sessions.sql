/*
description = """
Sessions and what came of them, by period. A session is a shopper's visit: it ends when the shopper has no event for 30
minutes. It counts in the period in which it begins. Its revenue is that of its orders, net of cancellations and returns,
also of later ones. An order is in the session in which it was placed, also if it was paid and confirmed days later. One
that is in no counted session is in a row without sessions, in the period in which it was placed, so that the revenue of
all rows and days is that of the order ledger. A row with several currencies is repeated for each, and only the first of
them has more than orders and revenue."""
scope = ["staff"]
days_around = 4

[parameters]
start_date = "shared"
end_date = "shared"
group_by = "shared"
breakdown = "shared"
bots = "shared"

[parameters.limit]
type = "UInt64"
default = 10000
minimum = 1
maximum = 100000
description = "The maximum number of rows."

[columns]
period = { type = "String", description = "2026-01-31, a week's Monday, or 2026-01." }
segment = { type = "String", description = "The value of the breakdown; empty without one, and for orders without a session." }
has_session = { type = "UInt64", description = "1, or 0 for the orders that are in no counted session." }
sessions = { type = "UInt64", description = "Sessions that began in the period." }
shoppers = { type = "UInt64", description = "The shoppers who had them; a guest who logged in is one shopper." }
bounced = { type = "UInt64", description = "Sessions with at most one page, and without a cart add, checkout step or order. Pages are page views, or product views and searches if these are more." }
bounce_rate = { type = "Float64", description = "bounced / sessions." }
mean_seconds = { type = "Float64", description = "The mean time from the first to the last event." }
mean_events = { type = "Float64", description = "Events, also those of the server, per session." }
converted = { type = "UInt64", description = "Sessions with an order." }
conversion = { type = "Float64", description = "converted / sessions." }
orders = { type = "UInt64", description = "Orders in this currency." }
revenue = { type = "Decimal(38, 4)", description = "Amount of their sales less cancellations and returns." }
currency = { type = "String", description = "ISO 4217; empty if there are no orders." }
*/
SELECT
    period,
    segment,
    has_session,
    if(place <= 1, totals.sessions, 0) AS sessions,
    if(place <= 1, totals.shoppers, 0) AS shoppers,
    if(place <= 1, totals.bounced, 0) AS bounced,
    if(sessions > 0, round(totals.bounced / totals.sessions, 4), 0) AS bounce_rate,
    if(sessions > 0, round(totals.seconds / totals.sessions, 3), 0) AS mean_seconds,
    if(sessions > 0, round(totals.events / totals.sessions, 2), 0) AS mean_events,
    if(place <= 1, totals.converted, 0) AS converted,
    if(sessions > 0, round(totals.converted / totals.sessions, 4), 0) AS conversion,
    totals.orders[currency] AS orders,
    totals.revenue[currency] AS revenue,
    currency
FROM
(
    WITH if(visits.has_visit, visits.local_day, toDate(ledger.ordered_on, {time_zone:String})) AS row_day
    SELECT
        multiIf(
            {group_by:String} = 'month', formatDateTime(row_day, '%Y-%m'),
            {group_by:String} = 'week', toString(toMonday(row_day)),
            toString(row_day)
        ) AS period,
        visits.segment AS segment,
        toUInt64(has_visit) AS has_session,
        countIf(is_first) AS sessions,
        uniqExactIf(visits.shopper, is_first) AS shoppers,
        countIf(is_first AND visits.is_bounced) AS bounced,
        sumIf(visits.seconds, is_first) AS seconds,
        sumIf(visits.events, is_first) AS events,
        countIf(is_first AND visits.is_converted) AS converted,
        sumMap(mapApply((code, _) -> (code, toUInt64(1)), ledger.net)) AS orders,
        sumMap(ledger.net) AS revenue
    FROM
    (
        SELECT
            joined.shopper_key AS shopper,
            toDate(began_at, {time_zone:String}) AS local_day,
            /* only breakdown != none */
            multiIf(
                {breakdown:String} = 'none', '',
                /* end */ /* only breakdown = customer_type */
                {breakdown:String} = 'customer_type', multiIf(
                    bought.buyer != toUUID('00000000-0000-0000-0000-000000000000') AND bought.first_at < began_at, 'returning',
                    bought.is_account, 'new',
                    'guest'
                ),
                /* end */ /* only breakdown != none */
                {breakdown:String} = 'device' AND device != '', device,
                {breakdown:String} = 'landing' AND landing != '', landing,
                {breakdown:String} = 'source' AND page_views > 0, if(source = '', 'direct', source),
                {breakdown:String} = 'campaign', if(campaign = '', 'none', campaign),
                'unknown'
            )
            /* else '' */ AS segment,
            events,
            order_id,
            number <= 1 AS is_first,
            true AS has_visit,
            dateDiff('millisecond', began_at, finished_at) / 1000 AS seconds,
            notEmpty(ordered_at) AS is_converted,
            greatest(page_views, views + searches) <= 1
                AND empty(carted_at) AND empty(checked_out_at) AND empty(ordered_at) AS is_bounced
        FROM joined_sessions(dirty_days = {joined_sessions_dirty:Array(Date)}, dirty_parts = {session_parts_dirty:Array(Date)})
            AS joined
        /* only breakdown = customer_type */
        LEFT JOIN first_purchases(breakdown = {breakdown:String}) AS bought ON joined.shopper_key = bought.buyer
        /* end */
        LEFT ARRAY JOIN joined.order_ids AS order_id, arrayEnumerate(joined.order_ids) AS number
        -- Also sessions of two days before, because their orders may lie in the period. A clock is corrected by up to a
        -- day, and so is a time zone.
        WHERE day BETWEEN toDate32({start_date:Date}) - 4 AND toDate32({end_date:Date}) + 2
          AND local_day BETWEEN toDate32({start_date:Date}) - 2 AND {end_date:Date}
          AND ({bots:String} = 'include' OR is_bot = ({bots:String} = 'only'))
    ) AS visits
    FULL OUTER JOIN
    (
        SELECT
            order_id,
            -- Rows of earlier releases have no placed_at.
            minIf(if(placed_at = toDateTime64(0, 3, 'UTC'), occurred_at, placed_at), kind = 'SALE') AS ordered_on,
            sumMap(map(toString(currency), if(kind = 'SALE', amount, -amount))) AS net
        FROM order_facts FINAL
        WHERE kind IN ('SALE', 'CANCEL', 'RETURN')
          AND occurred_at >= toDateTime64({start_date:Date}, 3, 'UTC') - INTERVAL 1 DAY
        GROUP BY order_id
        HAVING countIf(kind = 'SALE') > 0
    ) AS ledger ON visits.order_id = ledger.order_id
    WHERE row_day BETWEEN {start_date:Date} AND {end_date:Date}
    GROUP BY period, segment, has_session
) AS totals
LEFT ARRAY JOIN arraySort(mapKeys(totals.revenue)) AS currency, arrayEnumerate(mapKeys(totals.revenue)) AS place
ORDER BY period, has_session DESC, totals.sessions DESC, segment, place
LIMIT {limit:UInt64}
