-- The lists of search results of `result_lists` with the shopper who saw them, after `shopper_identities`, and how soon the
-- shopper refined the search: the rollup is filled from it, and dirty days are read from it.
-- `refined_after` are the milliseconds until the shopper's next list, if that has another query and is shown within a day
-- (the maximum of the reports' `refined_within`), and 4294967295 otherwise. Consecutive lists with the same query are a run:
-- a list isn't refined if a result was clicked on it or on a list of its run that was shown in the day before it. So a row
-- depends on the lists of two days at most, of which those of three partitions before and after are read, because clocks
-- are corrected by up to a day. The lists of bots are in chains of their own. A list that was shown to an unknown shopper,
-- or without a query, is alone.
CREATE OR REPLACE VIEW shopper_lists_aggregate AS
WITH
    toUUID('00000000-0000-0000-0000-000000000000') AS nil,
    86400000 AS milliseconds_a_day
SELECT
    day,
    shown_at,
    query,
    shopper AS shopper_key,
    page,
    products,
    clicks,
    click_positions,
    first_click_position,
    cart_adds,
    carted,
    is_bot,
    toUInt32(if(
        next_query NOT IN ('', query) AND run_clicks = 0 AND next_moment <= moment + milliseconds_a_day,
        next_moment - moment,
        4294967295
    )) AS refined_after
FROM
(
    SELECT
        *,
        sum(clicks) OVER
        (
            PARTITION BY is_bot, chain, run ORDER BY moment RANGE BETWEEN 86400000 PRECEDING AND CURRENT ROW
        ) AS run_clicks
    FROM
    (
        SELECT *, sum(is_new) OVER (PARTITION BY is_bot, chain ORDER BY moment, exposure_id) AS run
        FROM
        (
            SELECT
                *,
                query != lagInFrame(query) OVER before AS is_new,
                leadInFrame(query) OVER after AS next_query,
                leadInFrame(moment) OVER after AS next_moment
            FROM
            (
                SELECT
                    shown.day AS day,
                    shown.shown_at AS shown_at,
                    toUnixTimestamp64Milli(shown.shown_at) AS moment,
                    shown.exposure_id AS exposure_id,
                    shown.query AS query,
                    if(known.account_key != nil, known.account_key, shown.shopper_key) AS shopper,
                    if(shopper = nil OR query = '', exposure_id, shopper) AS chain,
                    shown.page AS page,
                    shown.products AS products,
                    shown.clicks AS clicks,
                    shown.click_positions AS click_positions,
                    shown.first_click_position AS first_click_position,
                    shown.cart_adds AS cart_adds,
                    shown.carted AS carted,
                    shown.is_bot AS is_bot
                FROM result_lists(dirty_days = {dirty_parts:Array(Date)}) AS shown
                LEFT JOIN shopper_identities AS known ON shown.shopper_key = known.anonymous_key
                WHERE day IN (SELECT toDate(arrayJoin(range(
                    toUInt32(greatest(toInt32(toUInt16(around)) - 3, 0)), toUInt32(least(toUInt16(around) + 4, 65536))
                ))) FROM (SELECT arrayJoin({days:Array(Date)}) AS around))
            )
            WINDOW
                before AS (PARTITION BY is_bot, chain ORDER BY moment, exposure_id),
                after AS
                (
                    PARTITION BY is_bot, chain ORDER BY moment, exposure_id ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING
                )
        )
    )
)
WHERE day IN ({days:Array(Date)})
