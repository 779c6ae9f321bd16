/*
description = """
How many sessions reach each step from the first visit to an order. A session reaches a step if it has an event of that
step at or after the time at which it reached the step before; of several such events the first counts. Sessions are
counted as in `sessions`. `funnel_steps` takes other steps."""
scope = ["staff"]
days_around = 2

[parameters]
start_date = "shared"
end_date = "shared"
breakdown = "shared"
bots = "shared"

[columns]
segment = { type = "String", description = "The value of the breakdown; empty without one." }
step = { type = "UInt64", description = "The number of the step, from 1." }
name = { type = "String", description = "session; view (a product's page), carted (the shop's cart recorded a product), checkout (any of its steps), order (confirmed)." }
sessions = { type = "UInt64", description = "Sessions that reach the step." }
rate = { type = "Float64", description = "The share of the sessions that reach the step before; 1 for the first step." }
total_rate = { type = "Float64", description = "The share of all sessions." }
median_seconds = { type = "Float64", description = "The median time from the step before to this one; 0 if no session reaches it." }
*/
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    toDateTime64(0, 3, 'UTC') AS never,
    -- The days of the time zone begin at these moments, so that no row needs its own day.
    toDateTime64(toDate32({start_date:Date}), 3, {time_zone:String}) AS since,
    toDateTime64(toDate32({end_date:Date}) + 1, 3, {time_zone:String}) AS until
SELECT
    segment,
    number AS step,
    ['session', 'view', 'carted', 'checkout', 'order'][number] AS name,
    reached[number] AS sessions,
    if(number = 1, 1, if(reached[number - 1] > 0, round(reached[number] / reached[number - 1], 4), 0)) AS rate,
    round(reached[number] / reached[1], 4) AS total_rate,
    if(number = 1 OR reached[number] = 0, 0, round(medians[number - 1] / 1000, 3)) AS median_seconds
FROM
(
    SELECT
        /* only breakdown != none */
        multiIf(
            {breakdown:String} = 'none', '',
            /* end */ /* only breakdown = customer_type */
            {breakdown:String} = 'customer_type', multiIf(
                bought.buyer != nil AND bought.first_at < began_at, 'returning',
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
        [
            count(), countIf(viewed_at != never), countIf(reached_cart != never), countIf(reached_checkout != never),
            countIf(reached_order != never)
        ] AS reached,
        [
            quantileExactInclusiveIf(0.5)(dateDiff('millisecond', began_at, viewed_at), viewed_at != never),
            quantileExactInclusiveIf(0.5)(dateDiff('millisecond', viewed_at, reached_cart), reached_cart != never),
            quantileExactInclusiveIf(0.5)(dateDiff('millisecond', reached_cart, reached_checkout), reached_checkout != never),
            quantileExactInclusiveIf(0.5)(dateDiff('millisecond', reached_checkout, reached_order), reached_order != never)
        ] AS medians
    FROM joined_sessions(dirty_days = {joined_sessions_dirty:Array(Date)}, dirty_parts = {session_parts_dirty:Array(Date)})
        AS visits
    /* only breakdown = customer_type */
    LEFT JOIN first_purchases(breakdown = {breakdown:String}) AS bought ON visits.shopper_key = bought.buyer
    /* end */
    -- A clock is corrected by up to a day, and so is a time zone.
    WHERE day BETWEEN toDate32({start_date:Date}) - 2 AND toDate32({end_date:Date}) + 2
      AND began_at >= since AND began_at < until
      AND ({bots:String} = 'include' OR is_bot = ({bots:String} = 'only'))
    GROUP BY segment
)
ARRAY JOIN [toUInt64(1), 2, 3, 4, 5] AS number
ORDER BY reached[1] DESC, segment, step
