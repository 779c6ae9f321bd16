/*
description = """
How many shoppers come back. A cohort are the shoppers whose first day of activity, of all days, lies in one period;
each row says how many of them are active again after a number of periods. Guests and the accounts that they turned out
to be are one shopper. Later periods than the last with any activity have no rows."""
scope = ["staff"]

[parameters]
start_date = "shared"
end_date = "shared"

[parameters.group_by]
type = "String"
default = "month"
choices = ["day", "week", "month"]
description = "The length of a period."

[parameters.activity]
type = "String"
default = "visit"
choices = ["visit", "purchase"]
description = "What counts as activity: any event of the shopper, or an order that was confirmed."

[parameters.periods]
type = "UInt64"
default = 12
minimum = 1
maximum = 366
description = "The maximum number of periods after the first."

[parameters.bots]
type = "String"
default = "exclude"
choices = ["exclude", "include", "only"]
description = "Whether the visits of shoppers count of whom any event was sent by a bot, or only they. Purchases count in any case."

[columns]
cohort = { type = "String", description = "The period of the first activity: 2026-01-31, a week's Monday, or 2026-01." }
shoppers = { type = "UInt64", description = "The shoppers of the cohort." }
number = { type = "UInt64", description = "How many periods later; 0 is the first." }
active = { type = "UInt64", description = "Those of them who are active in that period." }
rate = { type = "Float64", description = "active / shoppers." }
*/
SELECT
    if({group_by:String} = 'month', formatDateTime(first_period, '%Y-%m'), toString(first_period)) AS cohort,
    shoppers,
    number,
    actives[number + 1] AS active,
    round(active / shoppers, 4) AS rate
FROM
(
    SELECT
        arrayMin(active_in) AS first_period,
        count() AS shoppers,
        sumForEach(arrayMap(
            n -> toUInt64(has(numbers, n)), range(toUInt64(0), {periods:UInt64} + 1)
        )) AS actives,
        least({periods:UInt64}, toUInt64(dateDiff({group_by:String}, first_period, any(last_period)))) AS last_number
    FROM
    (
        SELECT
            groupUniqArrayIf(period, local_day <= {end_date:Date}) AS active_in,
            arrayMap(each -> toUInt64(dateDiff({group_by:String}, arrayMin(active_in), each)), active_in) AS numbers,
            min(local_day) AS first_day,
            max(maxIf(period, local_day <= {end_date:Date})) OVER () AS last_period
        FROM
        (
            SELECT
                shopper,
                local_day,
                is_bot,
                multiIf(
                    {group_by:String} = 'month', toStartOfMonth(local_day),
                    {group_by:String} = 'week', toMonday(local_day),
                    local_day
                ) AS period
            FROM
            (
                SELECT
                    if(known.account_key != toUUID('00000000-0000-0000-0000-000000000000'), known.account_key, shopper_key)
                        AS shopper,
                    -- A part is shorter than a day, so that it touches no other days than these.
                    arrayJoin(arrayDistinct([
                        toDate(started_at, {time_zone:String}), toDate(ended_at, {time_zone:String})
                    ])) AS local_day,
                    is_bot
                FROM
                (
                    SELECT shopper_key, started_at, ended_at, is_bot
                    FROM session_parts(dirty_days = {session_parts_dirty:Array(Date)})
                    WHERE {activity:String} = 'visit'
                    UNION ALL
                    SELECT
                        if(customer_key != toUUID('00000000-0000-0000-0000-000000000000'), customer_key, shopper_key),
                        occurred_at,
                        occurred_at,
                        {bots:String} = 'only'
                    FROM order_facts FINAL
                    WHERE {activity:String} = 'purchase' AND kind = 'SALE'
                ) AS parts
                LEFT JOIN shopper_identities AS known ON parts.shopper_key = known.anonymous_key
            )
            WHERE shopper != toUUID('00000000-0000-0000-0000-000000000000')
        )
        GROUP BY shopper
        HAVING ({bots:String} = 'include' OR max(is_bot) = ({bots:String} = 'only'))
    )
    WHERE first_day BETWEEN {start_date:Date} AND {end_date:Date}
    GROUP BY first_period
)
ARRAY JOIN range(toUInt64(0), last_number + 1) AS number
ORDER BY first_period, number
