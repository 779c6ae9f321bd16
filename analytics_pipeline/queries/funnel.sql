/*
description = """
How many sessions reach each step from the first visit to an order. A session reaches a step if it has an event of that
step at or after the time at which it reached the step before; of several such events the first counts. Sessions are
counted as in `sessions`. `funnel_steps` takes other steps."""
scope = ["staff"]
days_around = 4

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
    toDateTime64(0, 3, 'UTC') AS never,
    arrayFirst(time -> viewed_at != never AND time >= viewed_at, carted_at) AS reached_cart,
    arrayFirst(time -> reached_cart != never AND time >= reached_cart, checked_out_at) AS reached_checkout,
    arrayFirst(time -> reached_checkout != never AND time >= reached_checkout, ordered_at) AS reached_order
SELECT
    segment,
    number AS step,
    ['session', 'view', 'carted', 'checkout', 'order'][number] AS name,
    reached[number] AS sessions,
    if(number = 1, 1, if(reached[number - 1] > 0, round(reached[number] / reached[number - 1], 4), 0)) AS rate,
    round(reached[number] / reached[1], 4) AS total_rate,
    if(number = 1 OR reached[number] = 0, 0, round(medians[number], 3)) AS median_seconds
FROM
(
    SELECT
        segment,
        sumForEach(arrayMap(time -> toUInt64(time != never), times)) AS reached,
        quantileExactInclusiveIfForEach(0.5)(seconds, arrayMap(time -> time != never, times)) AS medians
    FROM
    (
        SELECT
            segment,
            [began_at, viewed_at, reached_cart, reached_checkout, reached_order] AS times,
            arrayMap(
                (time, before) -> dateDiff('millisecond', before, time) / 1000, times, arrayPushFront(arrayPopBack(times), began_at)
            ) AS seconds
        FROM sessions(
            start_date = {start_date:Date}, end_date = {end_date:Date}, time_zone = {time_zone:String},
            breakdown = {breakdown:String}, bots = {bots:String}, dirty_days = {session_parts_dirty:Array(Date)}
        )
        WHERE local_day >= {start_date:Date}
    )
    GROUP BY segment
)
ARRAY JOIN [toUInt64(1), 2, 3, 4, 5] AS number
ORDER BY reached[1] DESC, segment, step
