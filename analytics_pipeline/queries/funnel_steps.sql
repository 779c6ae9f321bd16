/*
description = """
How many sessions or shoppers take given steps, computed from events. All steps must happen within `window_minutes`,
and the first of them in the period (by session: in a session that begins in it). In strict order, each step must happen
at or after the step before. In any order, a step is reached if it and those before it in the list happen in any order.
Of several attempts, the one with most steps counts. Sessions are counted as in `sessions`, and events that are in no session
don't count. By shopper, all steps count from the beginning of the period until `window_minutes` after it, and a shopper is left out as
a bot if one of them was sent by a bot."""
scope = ["staff"]
days_around = 4

[parameters]
start_date = "shared"
end_date = "shared"
breakdown = "shared"
bots = "shared"

[parameters.steps]
type = "Array(String)"
default = ["view", "carted", "order"]
minimum_items = 2
maximum_items = 8
description = "Types of events, such as `view,carted,order`, or `custom:NAME` for the shop's own events."

[parameters.window_minutes]
type = "UInt64"
default = 1440
minimum = 1
maximum = 129600
description = "The maximum number of minutes between the first and the last step."

[parameters.order]
type = "String"
default = "strict"
choices = ["strict", "any"]
description = "Whether the steps must happen in their order."

[parameters.by]
type = "String"
default = "session"
choices = ["session", "shopper"]
description = "Whether the steps must happen in one session, or may be spread over the shopper's sessions."

[columns]
segment = { type = "String", description = "The value of the breakdown, of the session with the first step; empty without one, unknown if the step is in no session." }
step = { type = "UInt64", description = "The number of the step, from 1." }
name = { type = "String", description = "The step." }
reached = { type = "UInt64", description = "Sessions or shoppers that reach the step." }
rate = { type = "Float64", description = "The share of those that reach the step before; 1 for the first step." }
total_rate = { type = "Float64", description = "The share of those that reach the first step." }
*/
WITH
    {window_minutes:UInt64} * 60000 AS window,
    {by:String} = 'session' AS by_session,
    -- The days of the time zone begin at these moments, so that no row needs its own day.
    toDateTime64(toDate32({start_date:Date}), 3, {time_zone:String}) AS since,
    toDateTime64(toDate32({end_date:Date}) + 1, 3, {time_zone:String}) AS until,
    length({steps:Array(String)}) AS length
SELECT
    segment,
    number AS step,
    {steps:Array(String)}[number] AS name,
    counts[number] AS reached,
    if(number = 1, 1, if(counts[number - 1] > 0, round(counts[number] / counts[number - 1], 4), 0)) AS rate,
    if(counts[1] > 0, round(counts[number] / counts[1], 4), 0) AS total_rate
FROM
(
    SELECT segment, sumForEach(arrayMap(n -> toUInt64(level >= n), range(1, length + 1))) AS counts
    FROM
    (
        SELECT
            /* only by = session or breakdown != none */
            argMinIf(segment, time, is_start AND (number = 1 OR {order:String} = 'any'))
            /* else '' */ AS segment,
            /* only order = any */
            -- For each event, the times of the next event of each step, and how many steps lie within the window.
            arraySort(groupArrayIf((time, number, is_start), {order:String} = 'any')) AS sorted,
            sorted.1 AS times,
            arrayFold(
                (levels, n) -> arrayMap(
                    (level, next, time) -> if(level = n - 1 AND next > 0 AND next <= time + window, n, level),
                    levels,
                    arrayReverseFill(next -> next > 0, arrayMap((time, step) -> if(step = n, time, 0), times, sorted.2)),
                    times
                ),
                range(1, length + 1),
                arrayMap(_ -> toUInt64(0), times)
            ) AS levels,
            if(
                {order:String} = 'any',
                arrayMax(arrayMap((level, step, start) -> if(start AND level >= step, level, 0), levels, sorted.2, sorted.3)),
            /* end */
                windowFunnel({window_minutes:UInt64} * 60000)(
                    time,
                    number = 1 AND is_start, number = 2
                    /* only steps over 2 */, number = 3 /* end */
                    /* only steps over 3 */, number = 4, number = 5, number = 6, number = 7, number = 8 /* end */
                )
            /* only order = any */ ) /* end */ AS level
        FROM
        (
            SELECT
                done.shopper AS shopper,
                /* only bots != include */ done.is_bot AS is_bot, /* end */
                /* only by = session */
                if(by_session, visits.began_at, toDateTime64(0, 3, 'UTC'))
                /* else toUInt8(0) */ AS unit,
                /* only by = session or breakdown != none */
                if({breakdown:String} != 'none' AND done.reported_at > visits.finished_at, 'unknown', visits.segment)
                /* else '' */ AS segment,
                toUInt64(toUnixTimestamp64Milli(done.reported_at)) AS time,
                done.number AS number,
                /* only by = session */
                if(by_session, visits.local_day BETWEEN {start_date:Date} AND {end_date:Date},
                /* end */
                    done.reported_at >= since AND done.reported_at < until
                /* only by = session */ ) /* end */ AS is_start
            FROM
            (
                SELECT
                    found.reported_at,
                    found.number,
                    /* only bots != include */ found.is_bot, /* end */
                    if(known.account_key != toUUID('00000000-0000-0000-0000-000000000000'), known.account_key, shopper_key)
                        AS shopper
                FROM
                (
                    SELECT
                        shopper_key,
                        reported_at,
                        /* only bots != include */ is_bot, /* end */
                        /* only steps has custom */
                        if(
                            type = 'custom',
                            indexOf({steps:Array(String)}, concat('custom:', name)),
                            /* end */
                            -- `transform` looks a type up once, not in each row.
                            transform(type, {steps:Array(String)}, arrayEnumerate({steps:Array(String)}), toUInt32(0))
                        /* only steps has custom */ ) /* end */ AS number
                    FROM events FINAL
                    WHERE day BETWEEN toDate32({start_date:Date}) - 2
                              AND toDate32({end_date:Date}) + 3 + intDiv({window_minutes:UInt64}, 1440)
                      AND type IN (SELECT splitByChar(':', arrayJoin({steps:Array(String)}))[1])
                      AND number > 0
                      AND shopper_key != toUUID('00000000-0000-0000-0000-000000000000')
                ) AS found
                LEFT JOIN shopper_identities AS known ON found.shopper_key = known.anonymous_key
            ) AS done
            /* only by = session or breakdown != none */
            ASOF LEFT JOIN
            (
                SELECT
                    joined.shopper_key AS shopper,
                    began_at,
                    finished_at,
                    toDate(began_at, {time_zone:String}) AS local_day,
                    multiIf(
                        {breakdown:String} = 'none', '',
                        /* end */ /* only breakdown = customer_type */
                        {breakdown:String} = 'customer_type', multiIf(
                            bought.buyer != toUUID('00000000-0000-0000-0000-000000000000') AND bought.first_at < began_at, 'returning',
                            bought.is_account, 'new',
                            'guest'
                        ),
                        /* end */ /* only by = session or breakdown != none */
                        {breakdown:String} = 'device' AND device != '', device,
                        {breakdown:String} = 'landing' AND landing != '', landing,
                        {breakdown:String} = 'source' AND page_views > 0, if(source = '', 'direct', source),
                        {breakdown:String} = 'campaign', if(campaign = '', 'none', campaign),
                        'unknown'
                    ) AS segment
                FROM joined_sessions(dirty_days = {joined_sessions_dirty:Array(Date)}, dirty_parts = {session_parts_dirty:Array(Date)})
                    AS joined
                /* end */ /* only breakdown = customer_type */
                LEFT JOIN first_purchases(breakdown = {breakdown:String}) AS bought ON joined.shopper_key = bought.buyer
                /* end */ /* only by = session or breakdown != none */
                -- Also sessions of two days before, which steps in the period may belong to. A clock is corrected by up
                -- to a day, and so is a time zone.
                WHERE day BETWEEN toDate32({start_date:Date}) - 4 AND toDate32({end_date:Date}) + 2
                  AND local_day BETWEEN toDate32({start_date:Date}) - 2 AND {end_date:Date}
                  AND (NOT by_session OR {bots:String} = 'include' OR is_bot = ({bots:String} = 'only'))
            ) AS visits ON done.shopper = visits.shopper AND done.reported_at >= visits.began_at
            /* end */
            WHERE if(
                by_session,
                /* only by = session */ done.reported_at <= visits.finished_at /* else true */,
                done.reported_at >= since AND done.reported_at - toIntervalMinute({window_minutes:UInt64}) < until
            )
        )
        GROUP BY shopper, unit
        HAVING level > 0
            /* only bots != include */
            AND (by_session OR {bots:String} = 'include' OR max(is_bot) = ({bots:String} = 'only'))
            /* end */
    )
    GROUP BY segment
)
ARRAY JOIN range(1, length + 1) AS number
ORDER BY counts[1] DESC, segment, step
